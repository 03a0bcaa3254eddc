// Answers that are known beforehand, one for each line of an --expected-failures file:
// `NAME[:RULE] [not-met|undecided]`.
#pragma once

#include "verdict/verdict.hpp"

#include <string>
#include <vector>

namespace tempfail::verdict {

/// One line: what is known of a scenario.
struct ExpectedAnswer {
  std::string scenario;
  std::string rule;             ///< the one that is not kept, or open; empty: whichever
  Answer answer = Answer::fail; ///< or undecided, not_met
  std::string reason = {};      ///< for people; empty: none was given
  /// The line names a family or a pattern: scenarios of it that are ok are as good as expected.
  bool of_several = false;
};

/// What the lines that name a case make of its answer.
enum class ExpectedMatch : std::uint8_t {
  no,         ///< nothing: it counts as it is
  yes,        ///< the answer is one of those that were expected
  unexpected, ///< it is an ok, although another answer was expected: a failure of the run
};

/// `lines` are those that name the case. A line with a rule covers an answer for which this rule, or this rule and
/// those of other lines, are the only reason.
ExpectedMatch expected(const CaseVerdict& verdict, const std::vector<ExpectedAnswer>& lines,
                       bool strict);

} // namespace tempfail::verdict
