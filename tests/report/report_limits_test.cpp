// However much was seen, a report stays readable and says what it leaves out.
#include "report/parts.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace tempfail::verdict;
using namespace tempfail::report;
using Catch::Contains;

namespace {

constexpr std::size_t tries = 100'000;

/// A case in which one message was tried so often that every rule has something to say of every try.
RunReport endless() {
  RunReport report;
  report.cases.emplace_back();
  CaseVerdict& verdict = report.cases.back().verdict;
  verdict.scenario = "tempfail-forever";
  for (const RuleInfo& rule : rules()) {
    Finding finding;
    finding.rule = rule.id;
    finding.requirement = rule.requirement;
    finding.source = rule.source;
    finding.level = rule.level;
    finding.outcome = rule.id == "connects" ? Outcome::pass : Outcome::fail;
    finding.actual = "intervals 1m";
    for (std::size_t i = 1; i < tries; ++i)
      finding.actual += ", 1m";
    for (std::size_t i = 0; i < tries; ++i)
      finding.evidence.push_back(
          {std::chrono::minutes(i), i + 1, "MAIL FROM:<a@sender.test> -> 452 4.3.1 Full"});
    verdict.findings.push_back(std::move(finding));
  }
  return report;
}

std::string written(void (*write)(const RunReport&, std::ostream&), const RunReport& report) {
  std::ostringstream out;
  write(report, out);
  return out.str();
}

} // namespace

TEST_CASE("report_limits_a_list_ends_after_its_tenth_item") {
  CHECK(shown_text("1h, 2h, 3h, 4h, 5h, 6h, 7h, 8h, 9h, 10h") ==
        "1h, 2h, 3h, 4h, 5h, 6h, 7h, 8h, 9h, 10h");
  CHECK(shown_text("1h, 2h, 3h, 4h, 5h, 6h, 7h, 8h, 9h, 10h, 11h, 12h") ==
        "1h, 2h, 3h, 4h, 5h, 6h, 7h, 8h, 9h, 10h, … and 2 more");
}

TEST_CASE("report_limits_a_long_text_ends_and_no_character_is_cut_in_two") {
  CHECK(shown_text(std::string(max_text_bytes, 'x')) == std::string(max_text_bytes, 'x'));
  CHECK(shown_text(std::string(max_text_bytes + 5, 'x')) ==
        std::string(max_text_bytes, 'x') + "… and 5 more bytes");
  const std::string before(max_line_bytes - 1, 'x');
  CHECK(shown_line(before + "ü" + "yz") == before + "… and 4 more bytes");
}

TEST_CASE("report_limits_100000_tries_fit_into_every_report", "[slow]") {
  const RunReport report = endless();
  std::ostringstream out;
  write_text(report, {false, false, 99}, out);
  const std::string text = out.str();
  CHECK(std::count(text.begin(), text.end(), '\n') <= 50); // a screen
  CHECK(text.size() < 10'000);
  CHECK_THAT(text, Contains("… and 99990 more"));
  CHECK_THAT(text, Contains(" more (shown with -v): "));

  const std::string html = written(write_html, report);
  CHECK(html.size() <= 1'000'000);
  CHECK_THAT(html, Contains("<li>… and 99990 more</li>"));
  const std::string junit = written(write_junit, report);
  CHECK(junit.size() <= 1'000'000);
  const std::string json = written(write_json, report);
  CHECK(json.size() <= 5'000'000);
  const auto finding = nlohmann::json::parse(json)["cases"][0]["findings"][1];
  CHECK(finding["evidence"].size() == max_evidence_per_finding);
  CHECK(finding["evidence_left_out"] == tries - max_evidence_per_finding);
  CHECK_THAT(finding["actual"].get<std::string>(), Contains(", … and 99990 more"));
}

TEST_CASE("report_limits_hold_for_what_is_said_on_the_wire", "[slow]") {
  RunReport report = endless();
  for (Finding& finding : report.cases[0].verdict.findings) {
    finding.actual = finding.expected = finding.near_miss = std::string(100'000, '"');
    finding.evidence.assign(20, {std::chrono::minutes(1), 1, std::string(70'000, '\1')});
  }
  constexpr std::size_t of_a_finding = 25'000;
  CHECK(written(write_html, report).size() <= rules().size() * of_a_finding);
  CHECK(written(write_json, report).size() <= 5'000'000);
}
