// What a delivery status notification says (RFC 3464, RFC 6533).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tempfail::wire {

/// The fields of one recipient that a notification reports on. Empty: it has no such field.
struct RecipientReport {
  /// Final-Recipient, else Original-Recipient, without its address type; empty: not named.
  std::string recipient;
  std::string action;             ///< "failed", "delayed", ...; in the case in which it was written
  std::string status;             ///< "4.4.7"
  std::string original_recipient; ///< with its type: "rfc822; a@b.test"
  std::string remote_mta;         ///< "dns; mx.b.test"
  std::string diagnostic;         ///< "smtp; 550 5.1.1 No such user", on one line
  std::string will_retry_until;
  bool final_is_missing = false;
};

/// All fields of a notification.
struct DeliveryStatus {
  std::string reporting_mta; ///< "dns; mail.a.test"
  std::string original_envelope_id;
  std::vector<RecipientReport> recipients; ///< in order
  bool eight_bit = false;                  ///< it has octets over 127
};

/// Reads the body of a part of type message/delivery-status or message/global-delivery-status: groups of fields with
/// empty lines between, of which the first is about the message.
DeliveryStatus read_delivery_status(std::string_view body);

} // namespace tempfail::wire
