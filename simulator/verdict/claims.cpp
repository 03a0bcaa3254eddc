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

Saying saying_called(std::string_view word) {
  if (word == "delivered") return Saying::delivered;
  if (word == "temporary") return Saying::temporary;
  if (word == "failed") return Saying::failed;
  return word == "permanent" ? Saying::permanent : Saying::unknown;
}

Saying saying_of(const Process& end) {
  if (!end.meaning.empty()) return saying_called(end.meaning);
  if (end.exit_code == 0) return Saying::delivered;
  if (is_one_of(temporary_statuses, end.exit_code)) return Saying::temporary;
  if (is_one_of(permanent_statuses, end.exit_code)) return Saying::permanent;
  return Saying::failed;
}

} // namespace

bool was_all_said(const Try& attempt) {
  return attempt.transaction != nullptr && attempt.transaction->content != nullptr;
}

Fate fate_of(const Case& observed, const Delivery& delivery) {
  const auto& tries = delivery.tries;
  if (delivery.accepted_count() != 0) {
    const bool told = std::any_of(tries.begin(), tries.end(), [](const Try& attempt) {
      return attempt.result == Result::accepted && !attempt.reply_lost;
    });
    // A reply that left just as the client hung up, or was reset: whether it was read is known to the client alone.
    const bool answered = std::any_of(tries.begin(), tries.end(), [](const Try& attempt) {
      return attempt.result == Result::accepted && !attempt.is_unanswered();
    });
    return told ? Fate::delivered : answered ? Fate::unknown : Fate::in_doubt;
  }
  if (tries.empty()) return observed.outages.empty() ? Fate::left : Fate::unknown;
  switch (tries.back().result) {
  case Result::accepted:
  case Result::transient: return Fate::refused_for_now;
  case Result::permanent: return Fate::refused_for_good;
  case Result::no_valid_reply:
    return was_all_said(tries.back()) ? Fate::in_doubt : Fate::refused_for_now;
  case Result::abandoned: return Fate::left;
  case Result::cut_off: return Fate::unknown;
  }
  return Fate::unknown;
}

std::string_view to_string(Saying saying) {
  constexpr std::array<std::string_view, 5> words = {"was sent", "failed temporarily",
                                                     "failed permanently",
                                                     "may or may not have been sent", "failed"};
  return words[static_cast<std::size_t>(saying)];
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
