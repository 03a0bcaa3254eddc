// The message that `tempfail test` hands the sender as {message}.
#pragma once

#include "scenario/model.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tempfail::cli {

/// Who and what a message is about.
struct MessageDetails {
  std::string sender;
  std::vector<std::string> recipients;
  std::string message_id; ///< without angle brackets
  std::string subject;
  std::int64_t unix_seconds = 0; ///< for Date and Received
};

/// A message as RFC 5322 has it, lines ended by CR LF: of the plan's size at least, its text part
/// in the plan's character set, with as many Received fields as the plan wants. Plain 7-bit,
/// whatever the charset (the text is encoded as RFC 2045 says), so that any sender can send it.
std::string make_test_message(const scenario::TestMessage& plan, const MessageDetails& details);

} // namespace tempfail::cli
