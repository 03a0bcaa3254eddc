// From the facts of a case to its answer: the table of docs/verdicts.md, line by line.
#include "verdict/verdict.hpp"

#include <algorithm>
#include <array>

namespace tempfail::verdict {

std::string_view to_string(Answer answer) {
  constexpr std::array<std::string_view, 7> names = {
      "error", "not-applicable", "fail", "undecided", "not-met", "ok-but", "ok"};
  static_assert(names.size() == static_cast<std::size_t>(Answer::ok) + 1);
  return names[static_cast<std::size_t>(answer)];
}

Answer CaseVerdict::answer(bool strict) const {
  const auto any = [this](Outcome outcome, bool strictly) {
    return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
      return finding.outcome == outcome && is_decisive(finding.level, strictly);
    });
  };
  if (!run_error.empty()) return Answer::error;
  if (!not_applicable.empty()) return Answer::not_applicable;
  if (any(Outcome::fail, strict)) return Answer::fail;
  // What would not fail the case if it were broken does not leave it open either.
  if (any(Outcome::undecided, strict)) return Answer::undecided;
  if (!met) return Answer::not_met;
  return any(Outcome::fail, true) ? Answer::ok_but : Answer::ok;
}

} // namespace tempfail::verdict
