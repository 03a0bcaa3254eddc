// Holds an answer against those that were expected.
#include "verdict/expected_answer.hpp"

#include <algorithm>

namespace tempfail::verdict {
namespace {

/// Whether a line with this answer names the rule, or whichever there is.
bool names(const std::vector<ExpectedAnswer>& lines, Answer answer, std::string_view rule) {
  return std::any_of(lines.begin(), lines.end(), [&](const ExpectedAnswer& line) {
    return line.answer == answer && (line.rule.empty() || line.rule == rule);
  });
}

/// Whether all findings that are the reason of the answer are named.
bool covered(const CaseVerdict& verdict, const std::vector<ExpectedAnswer>& lines, Answer answer,
             Outcome reason, bool strict) {
  return std::all_of(verdict.findings.begin(), verdict.findings.end(), [&](const Finding& one) {
    return one.outcome != reason || !is_decisive(one.level, strict) ||
           names(lines, answer, one.rule);
  });
}

/// A SHOULD that is not kept and that a line names: as known, though it does not decide.
bool is_known_advice(const CaseVerdict& verdict, const std::vector<ExpectedAnswer>& lines) {
  return std::any_of(verdict.findings.begin(), verdict.findings.end(), [&](const Finding& one) {
    return one.outcome == Outcome::fail &&
           std::any_of(lines.begin(), lines.end(), [&](const ExpectedAnswer& line) {
             return line.answer == Answer::fail && line.rule == one.rule;
           });
  });
}

} // namespace

ExpectedMatch expected(const CaseVerdict& verdict, const std::vector<ExpectedAnswer>& lines,
                       bool strict) {
  if (lines.empty()) return ExpectedMatch::no;
  const auto yes = [](bool is) { return is ? ExpectedMatch::yes : ExpectedMatch::no; };
  const bool by_name = std::any_of(lines.begin(), lines.end(),
                                   [](const ExpectedAnswer& line) { return !line.of_several; });
  const ExpectedMatch ok = by_name ? ExpectedMatch::unexpected : ExpectedMatch::no;
  switch (verdict.answer(strict)) {
  case Answer::fail: return yes(covered(verdict, lines, Answer::fail, Outcome::fail, strict));
  case Answer::undecided:
    return yes(covered(verdict, lines, Answer::undecided, Outcome::undecided, strict));
  case Answer::not_met: return yes(names(lines, Answer::not_met, {}));
  case Answer::ok_but: return is_known_advice(verdict, lines) ? ExpectedMatch::no : ok;
  case Answer::ok: return ok;
  case Answer::error:
  case Answer::not_applicable: break;
  }
  return ExpectedMatch::no;
}

} // namespace tempfail::verdict
