// A reply of an SMTP server, and its bytes on the wire (RFC 5321 section 4.2, RFC 2034, RFC 3463).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::wire {

/// An enhanced status code, class.subject.detail (RFC 3463 section 2), for example 4.3.1.
struct EnhancedStatus {
  std::uint8_t status_class = 0; ///< 2 success, 4 persistent transient failure, 5 permanent failure
  std::uint16_t subject = 0;
  std::uint16_t detail = 0;

  friend bool operator==(const EnhancedStatus&, const EnhancedStatus&) = default;
};

/// "4.3.1" to a value; nothing when the text is no enhanced status code.
std::optional<EnhancedStatus> parse_enhanced_status(std::string_view text);
std::string to_string(const EnhancedStatus& status);

/// A reply as a value. `lines` has at least one entry; an entry is the text after the code (and
/// after the enhanced status code where there is one), without CR LF.
struct Reply {
  int code = 250;                         ///< three digits
  std::optional<EnhancedStatus> enhanced; ///< repeated on every line (RFC 2034 section 4)
  std::vector<std::string> lines;

  friend bool operator==(const Reply&, const Reply&) = default;
};

/// The first digit of a reply code decides what a client does next (RFC 5321 section 4.2.1).
constexpr bool is_positive(int code) {
  return code >= 200 && code < 400;
}
constexpr bool is_transient(int code) {
  return code >= 400 && code < 500;
}
constexpr bool is_permanent(int code) {
  return code >= 500 && code < 600;
}

/// The code of bytes that are meant as a reply; 0 when no client could read one.
int reply_code_in(std::string_view bytes);

/// Parses one reply as a person writes it: "452 4.3.1 Insufficient system storage"; several lines
/// are separated by '\n' and only the first has the code ("250 first\nsecond") or each its own
/// ("250-first\n250 second"). Returns nothing when there is no three-digit code in front.
std::optional<Reply> parse_reply(std::string_view text);

/// The bytes on the wire, CR LF after each line, '-' behind the code of all lines but the last.
std::string serialize(const Reply& reply);

} // namespace tempfail::wire
