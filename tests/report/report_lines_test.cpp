// What a report says of a case in one line, and in which order; and the lines of a terminal, to the column.
#include "report/parts.hpp"
#include "support/catch.hpp"
#include "verdict/findings.hpp"

#include <sstream>

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::report;
using scenario::Level;

namespace {

Finding found(std::string rule, Level level, Outcome outcome, std::string near_miss = {}) {
  Finding finding;
  finding.rule = std::move(rule);
  finding.level = level;
  finding.outcome = outcome;
  finding.actual = "seen";
  finding.near_miss = std::move(near_miss);
  return finding;
}

CaseResult with(std::vector<Finding> findings, std::string name = "disk-full") {
  CaseResult result;
  result.verdict.scenario = std::move(name);
  result.verdict.findings = std::move(findings);
  return result;
}

/// All kinds of findings, in no order.
CaseResult mixed() {
  return with({found("a", Level::should, Outcome::undecided),
               found("b", Level::must, Outcome::undecided), found("c", Level::must, Outcome::pass),
               found("d", Level::should, Outcome::fail, "by far"),
               found("e", Level::must, Outcome::fail), found("f", Level::must, Outcome::fail),
               found("g", Level::must, Outcome::not_applicable)});
}

std::string line_of(const CaseResult& result, bool strict = false) {
  RunReport report;
  report.strict = strict;
  report.cases = {result};
  return headline(report, report.cases[0]);
}

std::vector<std::string> lines_of(const RunReport& report, const TextStyle& style) {
  std::ostringstream out;
  write_text(report, style, out);
  std::vector<std::string> lines;
  std::istringstream in(out.str());
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

} // namespace

TEST_CASE("report_failures_come_by_outcome_and_level_and_keep_their_order") {
  const CaseResult result = mixed();
  std::string order;
  for (const Finding* finding : failures_of(result.verdict))
    order += finding->rule;
  CHECK(order == "efdba");
}

TEST_CASE("report_line_of_a_case_is_its_reason_and_how_many_more_there_are") {
  CHECK(line_of(mixed()) == "e: seen (and 1 more rule)");
  CHECK(line_of(mixed(), true) == "e: seen (and 2 more rules)");
  CHECK(line_of(with({found("d", Level::should, Outcome::fail, "by far"),
                      found("c", Level::must, Outcome::pass)}),
                true) == "d: seen (by far)");
  const CaseResult open =
      with({found("a", Level::should, Outcome::undecided),
            found("b", Level::must, Outcome::undecided), found("d", Level::should, Outcome::fail)});
  CHECK(line_of(open) == "b: seen");
  CHECK(line_of(with({found("a", Level::must, Outcome::undecided),
                      found("b", Level::must, Outcome::undecided),
                      found("c", Level::must, Outcome::undecided)})) ==
        "a: seen (and 2 more rules)");
}

TEST_CASE("report_line_of_a_case_that_is_well_counts_what_was_kept") {
  const Finding kept = found("a", Level::must, Outcome::pass);
  const Finding broken = found("b", Level::should, Outcome::fail);
  const Finding other = found("c", Level::should, Outcome::fail);
  const Finding unmet = found("d", Level::must, Outcome::not_applicable);
  CHECK(line_of(with({kept, unmet})) == "1 rule kept");
  CHECK(line_of(with({kept, kept, unmet})) == "2 rules kept");
  CHECK(line_of(with({kept, broken, other})) == "1 rule kept; SHOULD not kept: b, c");
}

TEST_CASE("report_line_of_a_case_that_was_expected_to_fail") {
  CaseResult result = with({found("a", Level::must, Outcome::pass)});
  result.expected = {{"disk-full", "", Answer::fail}};
  CHECK(line_of(result) == "was expected to fail, and is ok");
  CaseResult failed = with({found("a", Level::must, Outcome::fail)});
  failed.expected = {{"disk-full", "", Answer::fail}};
  CHECK(line_of(failed) == "a: seen");
}

TEST_CASE("report_line_of_a_case_that_was_not_judged") {
  CaseResult result = with({});
  result.verdict.met = false;
  result.verdict.not_met = "no connection arrived";
  CHECK(line_of(result) == "no connection arrived");
  result.verdict.not_applicable = "exit status 89";
  CHECK(line_of(result) == "exit status 89");
  result.verdict.run_error = "no port";
  CHECK(line_of(result) == "no port");
}

TEST_CASE("report_says_what_the_sender_was_told_about_tls") {
  RunReport report;
  CHECK(report.sender_summary().empty());
  report.tls_policy = scenario::TlsPolicy::required;
  CHECK(report.sender_summary() == "TLS required");
  report.strict = true;
  report.seed = 7;
  CHECK(lines_of(report, {}).back() == "seed 7, time scale 1, strict, TLS required");
  report.tls_policy = scenario::TlsPolicy::opportunistic;
  CHECK(lines_of(report, {}).back() == "seed 7, time scale 1, strict");
}

TEST_CASE("report_text_fills_its_width_to_the_column") {
  RunReport report;
  report.cases = {with({found("retry", Level::must, Outcome::fail)}), with({}, "healthy")};
  report.cases[0].verdict.findings[0].actual = std::string(34, 'x') + "yz";
  report.cases[0].verdict.family = "disk";
  report.cases[0].seconds = 12;
  report.cases[1].seconds = 2.125;
  // Two blanks, the mark of 4, two, the name of 14, two, the time of 4, two: of 73 columns 43 are left.
  CHECK(lines_of(report, {false, false, 73})[0] ==
        "  FAIL  disk/disk-full   12s  retry: " + std::string(34, 'x') + "yz");
  CHECK(lines_of(report, {false, false, 72})[0] ==
        "  FAIL  disk/disk-full   12s  retry: " + std::string(34, 'x') + "…");
  CHECK(lines_of(report, {false, false, 73})[1] == "  ok    healthy         2.1s  0 rules kept");
  // A headline has 20 columns at least.
  CHECK(lines_of(report, {false, false, 50})[0] ==
        "  FAIL  disk/disk-full   12s  retry: " + std::string(12, 'x') + "…");
  CHECK(lines_of(report, {false, false, 51})[0] ==
        "  FAIL  disk/disk-full   12s  retry: " + std::string(13, 'x') + "…");
  CHECK(lines_of(report, {false, false, 10})[0] ==
        "  FAIL  disk/disk-full   12s  retry: " + std::string(12, 'x') + "…");
}

TEST_CASE("report_text_wraps_what_it_says_of_a_finding") {
  RunReport report;
  report.cases = {with({found("retry", Level::must, Outcome::fail)})};
  report.cases[0].verdict.findings[0].actual =
      "one two three four five six seven eight nine ten eleven";
  report.cases[0].verdict.findings[0].requirement = "R.";
  report.cases[0].verdict.findings[0].source = "S";
  const auto actual = [&](std::size_t width) {
    std::vector<std::string> taken;
    for (const std::string& line : lines_of(report, {false, false, width}))
      if (line.starts_with("    actual") || (!taken.empty() && line.starts_with("               ")))
        taken.push_back(line);
    return taken;
  };
  CHECK(actual(42) == std::vector<std::string>{"    actual     one two three four five six",
                                               "               seven eight nine ten eleven"});
  CHECK(actual(41) == std::vector<std::string>{"    actual     one two three four five",
                                               "               six seven eight nine ten",
                                               "               eleven"});
  // There are 20 columns at least.
  CHECK(actual(35).at(0) == "    actual     one two three four");
  CHECK(actual(5).at(0) == "    actual     one two three four");
}

TEST_CASE("report_text_tells_the_first_findings_and_names_the_others") {
  RunReport report;
  report.cases = {with({})};
  for (int i = 0; i < 8; ++i) {
    Finding finding = found("rule-" + std::to_string(i), Level::must, Outcome::fail);
    for (std::uint64_t j = 0; j < 10; ++j)
      finding.evidence.push_back({Moment(0), j, "try"});
    report.cases[0].verdict.findings.push_back(finding);
  }
  std::string text;
  for (const std::string& line : lines_of(report, {}))
    text += line + "\n";
  // Each takes 13 lines, and 40 are told.
  CHECK_THAT(text, Catch::Contains("  rule-2 (MUST)\n"));
  CHECK_THAT(text, !Catch::Contains("  rule-3 (MUST)\n"));
  CHECK_THAT(text,
             Catch::Contains("  … and 5 more (shown with -v): rule-3, rule-4, rule-5, rule-6, "
                             "rule-7\n"));
  std::string all;
  for (const std::string& line : lines_of(report, {false, true, 100}))
    all += line + "\n";
  CHECK_THAT(all, Catch::Contains("  rule-7 (MUST)\n") && !Catch::Contains("shown with -v"));
}

TEST_CASE("report_limits_are_kept_to_the_byte") {
  const std::string item(59, 'x');
  std::string ten = item;
  for (int i = 1; i < 10; ++i)
    ten += ", " + item;
  // Ten items and the commas between them are more than a text may have.
  const std::string all = ten + ", more";
  CHECK(shown_text(all) == ten.substr(0, max_text_bytes) + "… and " +
                               std::to_string(all.size() - max_text_bytes) + " more bytes");
  CHECK(shown_text("1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11") ==
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, … and 1 more");
  CHECK(left_out(0).empty());
  CHECK(left_out(1) == "… and 1 more");
  CHECK(shown_line(std::string(max_line_bytes + 1, 'x')) ==
        std::string(max_line_bytes, 'x') + "… and 1 more bytes");
}

TEST_CASE("report_times_are_told_as_people_read_them") {
  CHECK(seconds_text(9.94) == "9.9s");
  CHECK(seconds_text(10) == "10s");
  CHECK(clock_time(Moment(-5)) == "0.000s");
  CHECK(clock_time(std::chrono::seconds(60)) == "0:01:00.000");
  CHECK(clock_time(std::chrono::hours(1000)) == "1000:00:00.000");
}

TEST_CASE("report_text_shows_what_was_asked_and_tried_of_a_case_that_failed") {
  RunReport report;
  report.cases = {with({found("a", Level::must, Outcome::fail)}, "hosts")};
  CaseSummary& summary = report.cases[0].verdict.summary;
  summary.route = {{std::chrono::seconds(1), StepKind::query, 0, "", "MX of a.test: noerror"},
                   {std::chrono::minutes(2), StepKind::port, 0, "mx1.a.test", "refused"},
                   {std::chrono::minutes(3), StepKind::connection, 4, "mx.a.test", "452 \x1b[2J"}};
  const std::vector<std::string> lines = lines_of(report, {});
  const auto heading = std::find(
      lines.begin(), lines.end(),
      "  names looked up and hosts tried: 1 query, 1 connection, 1 refused or unanswered");
  REQUIRE(lines.end() - heading > 4);
  CHECK(heading[1] == "         1.000s  name server  MX of a.test: noerror");
  CHECK(heading[2] == "    0:02:00.000  mx1.a.test   refused");
  CHECK(heading[3] == "    0:03:00.000  mx.a.test    452 \\x1b[2J");
}

TEST_CASE("report_text_shows_the_first_steps_and_with_v_all_that_there_are") {
  RunReport report;
  report.cases = {with({found("a", Level::must, Outcome::fail)}, "hosts")};
  CaseSummary& summary = report.cases[0].verdict.summary;
  for (int i = 0; i < 30; ++i)
    summary.route.push_back({std::chrono::seconds(i), StepKind::query, 0, "", std::to_string(i)});
  summary.route_left_out = 5;
  const auto steps_of = [&](bool verbose) {
    std::vector<std::string> steps;
    for (const std::string& line : lines_of(report, {false, verbose, 100}))
      if (line.find("name server") != std::string::npos || line.find("…") != std::string::npos)
        steps.push_back(line);
    return steps;
  };
  const std::vector<std::string> few = steps_of(false);
  REQUIRE(few.size() == max_route_steps + 1);
  CHECK(few.back() == "    … and 23 more (shown with -v)");
  const std::vector<std::string> all = steps_of(true);
  REQUIRE(all.size() == 31);
  CHECK(all[15] == "    … and 5 more");
  CHECK_THAT(all.back(), Catch::EndsWith("29"));
  summary.route.resize(16, summary.route.front()); // the first eight, and the last
  const std::vector<std::string> half = steps_of(false);
  REQUIRE(half.size() == 9);
  CHECK(half.back() == "    … and 13 more (shown with -v)");
}
