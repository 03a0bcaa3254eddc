// The message that a sender under test is given, where it does not compose its own.
#pragma once

#include "scenario/model.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::control {

/// Who and what a message is about.
struct MessageDetails {
  std::string sender;
  std::vector<std::string> recipients;
  std::string message_id; ///< without angle brackets
  std::string subject;
  std::int64_t unix_seconds = 0; ///< for Date and Received
  std::string handover = "1";    ///< id of the handover, which the marks name
};

/// A message as RFC 5322 has it, lines ended by CR LF: of the plan's size at least, a text in the plan's character set
/// and a small attachment, with as many Received fields as the plan wants. Plain 7-bit, whatever the charset (the text
/// is encoded as RFC 2045 says), so that any sender can send it. The first and the last line of the text and a line of
/// the attachment are marks (mime/marks.hpp), by which an accepted copy that is cut shows; so are a line that begins
/// with a dot, and one with letters outside ASCII where the character set has them.
std::string make_test_message(const scenario::TestMessage& plan, const MessageDetails& details);

} // namespace tempfail::control
