// What the kinds of report share: words, totals, and texts made fit to print.
#pragma once

#include "verdict/report.hpp"
#include "wire/printable.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tempfail::verdict {

std::string_view to_string(Count count);     ///< "passed", "expected-failure"
std::string_view to_string(Outcome outcome); ///< "pass", "fail", "not-applicable"

/// How many cases came out how.
struct Totals {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t expected_failures = 0;
  std::size_t unexpected_passes = 0;
  double seconds = 0;

  std::size_t all() const { return passed + failed + expected_failures + unexpected_passes; }
};
Totals totals_of(const RunReport& report);

/// "12 cases: 9 passed, 2 failed, 1 failed as expected".
std::string summary(const Totals& totals);

/// Findings that failed: first those that decide, then, where SHOULD does not decide, the rest.
std::vector<const Finding*> failures_of(const CaseVerdict& verdict);
/// Whether a failed finding decides the case.
bool decides(const Finding& finding, bool strict);

/// One line for a case: why it failed, or what was seen.
std::string headline(const RunReport& report, const CaseResult& result);
/// One line for a failed finding: "first-retry: after 12s (29m48s too early)".
std::string headline(const Finding& finding);

using wire::printable;

/// Printable, with the five characters that XML and HTML reserve escaped.
std::string escape_markup(std::string_view text, bool lines = false);

/// "0.412s" of protocol time for evidence, as h:mm:ss.mmm beyond a minute.
std::string clock_time(Moment moment);
/// "2.1s".
std::string seconds_text(double seconds);

} // namespace tempfail::verdict
