// A run's findings as the file that lets later runs pass until they are mended.
#include "report/parts.hpp"

namespace tempfail::report {
namespace {

/// A reason is on the line that it is for.
std::string on_one_line(std::string_view text) {
  return printable(shown_line(text));
}

/// A line for each rule that decides.
void write_lines(const RunReport& report, const CaseResult& result, Outcome outcome,
                 std::string_view answer, std::ostream& out) {
  for (const Finding* finding : failures_of(result.verdict))
    if (finding->outcome == outcome && decides(*finding, report.strict))
      out << result.verdict.scenario << ":" << finding->rule << answer << "  # "
          << on_one_line(finding->actual) << "\n";
}

} // namespace

void write_expected_failures(const RunReport& report, std::ostream& out) {
  out << "# Known failures, for tempfail test --expected-failures. Remove a scenario when it "
         "passes\n"
         "# again: the run fails until you do.\n";
  for (const CaseResult& result : report.cases) {
    switch (result.verdict.answer(report.strict)) {
    case Answer::fail: write_lines(report, result, Outcome::fail, "", out); break;
    case Answer::undecided:
      write_lines(report, result, Outcome::undecided, " undecided", out);
      break;
    case Answer::not_met:
      if (report.require_met)
        out << result.verdict.scenario << " not-met  # " << on_one_line(result.verdict.not_met)
            << "\n";
      break;
    case Answer::error:
    case Answer::not_applicable:
    case Answer::ok_but:
    case Answer::ok: break;
    }
  }
}

} // namespace tempfail::report
