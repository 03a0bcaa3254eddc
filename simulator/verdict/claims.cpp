// The exit statuses are those of sysexits.h, which mail programs have shared since sendmail.
#include "verdict/claims.hpp"

#include <algorithm>
#include <array>

namespace tempfail::verdict {
namespace {

using journal::event::Process;
using journal::event::ProcessEnd;
/// A line of a result file; verdict::Result is how a try came out.
using Line = journal::event::Result;

constexpr std::array temporary_statuses = {71, 74, 75};             // OSERR, IOERR, TEMPFAIL
constexpr std::array permanent_statuses = {65, 67, 68, 69, 76, 77}; // DATAERR … NOPERM

template <std::size_t Size>
bool is_one_of(const std::array<int, Size>& statuses, int status) {
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

ClaimedResult saying_called(std::string_view word) {
  if (word == "delivered") return ClaimedResult::delivered;
  if (word == "temporary") return ClaimedResult::temporary;
  if (word == "failed") return ClaimedResult::failed;
  return word == "permanent" ? ClaimedResult::permanent : ClaimedResult::unknown;
}

ClaimedResult saying_of(const Process& end) {
  if (!end.meaning.empty()) return saying_called(end.meaning);
  if (end.exit_code == 0) return ClaimedResult::delivered;
  if (is_one_of(temporary_statuses, end.exit_code)) return ClaimedResult::temporary;
  if (is_one_of(permanent_statuses, end.exit_code)) return ClaimedResult::permanent;
  return ClaimedResult::failed;
}

} // namespace

bool content_was_complete(const Try& attempt) {
  return attempt.transaction != nullptr && attempt.transaction->content != nullptr;
}

ActualResult actual_result_of(const Case& observed, const Delivery& delivery) {
  const auto& tries = delivery.tries;
  if (delivery.accepted_count() != 0) {
    const bool told = std::any_of(tries.begin(), tries.end(), [](const Try& attempt) {
      return attempt.result == TryResult::accepted && !attempt.reply_lost;
    });
    // A reply that left just as the client hung up, or was reset: whether it was read is known to the client alone.
    const bool answered = std::any_of(tries.begin(), tries.end(), [](const Try& attempt) {
      return attempt.result == TryResult::accepted && !attempt.is_unanswered();
    });
    return told       ? ActualResult::delivered
           : answered ? ActualResult::unknown
                      : ActualResult::in_doubt;
  }
  if (tries.empty())
    return observed.outages.empty() ? ActualResult::left_by_sender : ActualResult::not_seen;
  // What came of a later copy says nothing of one that may have been accepted before.
  const bool is_in_doubt = std::any_of(tries.begin(), tries.end(), [](const Try& attempt) {
    return attempt.result == TryResult::no_valid_reply && content_was_complete(attempt);
  });
  if (is_in_doubt) return ActualResult::in_doubt;
  switch (tries.back().result) {
  case TryResult::accepted:
  case TryResult::transient: return ActualResult::deferred;
  case TryResult::permanent: return ActualResult::rejected;
  case TryResult::no_valid_reply: return ActualResult::deferred;
  case TryResult::abandoned: return ActualResult::left_by_sender;
  case TryResult::cut_off: return ActualResult::unknown;
  }
  return ActualResult::unknown;
}

std::string_view to_string(ClaimedResult result) {
  constexpr std::array<std::string_view, 5> words = {"was sent", "failed temporarily",
                                                     "failed permanently",
                                                     "may or may not have been sent", "failed"};
  return words[static_cast<std::size_t>(result)];
}

std::string Claim::said_by() const {
  if (line != nullptr) return end != nullptr ? "its result file" : "the result that it reported";
  return end == nullptr ? std::string()
                        : "the command ended with status " + std::to_string(end->exit_code);
}

Claims::Claims(const Case& observed) : observed_(observed) {
  for (const Line* line : observed.results)
    lines_[line->handover].push_back(line);
}

std::optional<Claim> Claims::about(const Message& message, const Delivery& delivery) const {
  if (message.handover == nullptr) return std::nullopt;
  const Process* const end = observed_.process_end(message);
  // A later line takes the place of an earlier one; one that names the recipient, of one that does not.
  const Line* said = nullptr;
  if (const auto found = lines_.find(message.handover->id); found != lines_.end())
    for (const Line* line : found->second) {
      const bool names = comparable(line->recipient) == delivery.recipient;
      if (names || (line->recipient.empty() && (said == nullptr || said->recipient.empty())))
        said = line;
    }
  if (said != nullptr) return Claim{saying_called(said->result), said, end};
  if (end == nullptr || end->queue || end->ended != ProcessEnd::itself) return std::nullopt;
  return Claim{saying_of(*end), nullptr, end};
}

} // namespace tempfail::verdict
