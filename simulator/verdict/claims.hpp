// What a sender told its caller of a message, beside what became of it: by the lines of its result file, else by the
// exit status of its command.
#pragma once

#include "verdict/observation.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tempfail::verdict {

/// What became of a message for one recipient, as far as its sender can know.
enum class ActualResult : std::uint8_t {
  delivered,      ///< accepted, and the sender was told
  deferred,       ///< 4yz, or lost before the end of the content
  rejected,       ///< 5yz
  in_doubt,       ///< lost after the end of the content: nobody on the sender's side knows
  left_by_sender, ///< the sender left it by itself, or never named the recipient
  not_seen, ///< not accepted; no try was seen, but for a while connections were refused or not answered
  unknown, ///< the servers were stopped, it was tried where it could not be seen, or a reply may have been read or not
};
/// The content of the message was complete, whatever was answered.
bool content_was_complete(const Try& attempt);
ActualResult actual_result_of(const Case& observed, const Delivery& delivery);

/// What a caller was told.
enum class ClaimedResult : std::uint8_t {
  delivered,
  temporary,
  permanent,
  unknown, ///< that nobody can know
  failed,  ///< that it failed, without the kind
};
/// "was sent", "failed for the time being": goes after "said that it".
std::string_view to_string(ClaimedResult result);

struct Claim {
  ClaimedResult result{};
  const journal::event::Result* line =
      nullptr; ///< of the result file; null: the exit status says it
  const journal::event::Process* end = nullptr; ///< of the process; null: it goes on
  /// The exit status speaks of all messages of the process at once, a line without a recipient of all of one message.
  bool is_of_one_recipient() const { return line != nullptr && !line->recipient.empty(); }
  /// "the command ended with status 0", "its result file", "the result that it reported" (no process has ended).
  std::string said_by() const;
};

/// Who said what of which message.
class Claims {
 public:
  explicit Claims(const Case& observed);

  /// Nothing: the sender was ended before it could say, its queue goes on, or nobody knows which command sent it.
  std::optional<Claim> about(const Message& message, const Delivery& delivery) const;

 private:
  const Case& observed_;
  std::unordered_map<std::string_view, std::vector<const journal::event::Result*>>
      lines_; ///< by handover
};

} // namespace tempfail::verdict
