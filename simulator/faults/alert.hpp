// `alert: handshake_failure`: a fatal TLS alert in the clear instead of the server's hello, written by hand.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tempfail::faults {

/// A fatal alert (RFC 8446 section 6.2, RFC 5246 section 7.2.2).
struct AlertName {
  std::string_view name;
  std::uint8_t number = 0;
};
inline constexpr std::array alert_names = {
    AlertName{"unexpected_message", 10},
    AlertName{"bad_record_mac", 20},
    AlertName{"record_overflow", 22},
    AlertName{"handshake_failure", 40},
    AlertName{"bad_certificate", 42},
    AlertName{"unsupported_certificate", 43},
    AlertName{"certificate_revoked", 44},
    AlertName{"certificate_expired", 45},
    AlertName{"certificate_unknown", 46},
    AlertName{"illegal_parameter", 47},
    AlertName{"unknown_ca", 48},
    AlertName{"access_denied", 49},
    AlertName{"decode_error", 50},
    AlertName{"decrypt_error", 51},
    AlertName{"protocol_version", 70},
    AlertName{"insufficient_security", 71},
    AlertName{"internal_error", 80},
    AlertName{"inappropriate_fallback", 86},
    AlertName{"user_canceled", 90},
    AlertName{"unrecognized_name", 112},
    AlertName{"certificate_required", 116},
    AlertName{"no_application_protocol", 120},
};

/// The client's hello is answered with this. The connection closes after it unless the rule says otherwise.
struct Alert {
  std::uint8_t number = 40;

  static constexpr FaultKind kind = {
      .key = "alert",
      .form = WrittenForm::value,
      .sends = SentContent::bytes,
      .stages = {Stage::handshake},
      .why_not_elsewhere = "there is no handshake",
  };
  static std::optional<Alert> read(const scenario::Value& value, scenario::Mistakes& mistakes);
  static constexpr Consequence consequence() {
    return {.own_reply = OwnReply::replaced, .connection = ConnectionEffect::continues};
  }
  void perform(Output& output) const;
};

} // namespace tempfail::faults
