// What CI servers are given: a summary, annotations, a file of known failures.
#include "report/parts.hpp"
#include "sample_report.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <sstream>

using namespace tempfail::report;
using Catch::Contains;

namespace {

template <typename Writer>
std::string written(Writer writer, const RunReport& report) {
  std::ostringstream out;
  writer(report, out);
  return out.str();
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

TEST_CASE("markdown_has_a_row_for_what_did_not_end_well_and_for_nothing_else") {
  const std::string text = written(write_markdown, test::sample_report());
  CHECK_THAT(text, Contains("### tempfail: 9 cases: 1 ok, 1 ok (SHOULD), 1 FAIL"));
  CHECK_THAT(text, Contains("| **FAIL** | greylist/greylisted | Your sender retried too soon after "
                            "the failure.<br>first-retry: "));
  CHECK_THAT(text, Contains("| **error** | greylist/greylisted-long | ") &&
                       Contains("| **undecided** | queue/queue-stopped | ") &&
                       Contains("| **unexpected pass** | quota/mailbox-busy | "));
  CHECK(text.find("| healthy") == std::string::npos);
  CHECK(text.find("disk-full") == std::string::npos);
  CHECK_THAT(text, Contains("seed 18446744073709551615, time scale 3600"));
}

TEST_CASE("markdown_takes_nothing_of_a_text_for_markup") {
  RunReport report = test::sample_report();
  report.cases[1].verdict.findings[0].actual = "<b> | `x` *y* _z_ [a](b) \\";
  CHECK_THAT(written(write_markdown, report),
             Contains("&lt;b&gt; \\| \\`x\\` \\*y\\* \\_z\\_ \\[a\\](b) \\\\"));
}

TEST_CASE("markdown_of_a_run_without_failures_has_no_table") {
  RunReport report = test::sample_report();
  report.cases.erase(report.cases.begin(), report.cases.end() - 1);
  const std::string text = written(write_markdown, report);
  CHECK(text.find('|') == std::string::npos);
  CHECK_THAT(text, Contains("1 case: 1 ok"));
}

TEST_CASE("annotations_are_a_line_each_whatever_is_in_them") {
  RunReport report = test::sample_report();
  report.cases[1].verdict.findings[0].actual = "a%b\nc, d: e";
  const std::string text = written(write_annotations, report);
  CHECK(lines_of(text) == 4);
  CHECK_THAT(text,
             Contains("::error title=tempfail%3A greylist/greylisted FAIL::Your sender retried "
                      "too soon after the failure.%0Afirst-retry%3A a%25b\\x0ac%2C d%3A e"));
  CHECK_THAT(text, Contains("::warning title=tempfail%3A queue/queue-stopped undecided::"));
}

TEST_CASE("expected_failures_are_written_by_rule_and_with_their_reason") {
  const std::string text = written(write_expected_failures, test::sample_report());
  CHECK_THAT(text, Contains("\ngreylisted:first-retry  # b@rcpt.test: after 29m48s\n"));
  CHECK_THAT(text, Contains("\ngreylisted:retry  # not tried again\n"));
  CHECK_THAT(text,
             Contains("\nqueue-stopped:retry undecided  # still waiting when the watch ended\n"));
  CHECK_THAT(text,
             !Contains("back-off") && !Contains("certificate-expired") && !Contains("healthy"));
  RunReport report = test::sample_report();
  report.require_met = report.strict = true;
  const std::string strict = written(write_expected_failures, report);
  CHECK_THAT(strict, Contains("\ndisk-full:back-off  # intervals 1h, 1h\n"));
  CHECK_THAT(strict,
             Contains("\ncertificate-expired not-met  # no TLS was begun on this connection\n"));
}

TEST_CASE("a_known_failure_is_told_with_its_reason") {
  RunReport report = test::sample_report();
  CHECK(headline(report, report.cases[3]) == "retry: not tried again");
  report.cases[3].expected[0].reason = "the queue is not built yet";
  CHECK(headline(report, report.cases[3]) == "known: the queue is not built yet");
}
