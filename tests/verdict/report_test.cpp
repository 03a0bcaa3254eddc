// How cases count, and what the reports say of them.
#include "sample_report.hpp"
#include "support/catch.hpp"
#include "verdict/report_parts.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

using namespace tempfail::verdict;
using Catch::Contains;

namespace {

std::string text_of(const RunReport& report, const TextStyle& style = {}) {
  std::ostringstream out;
  write_text(report, style, out);
  return out.str();
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

} // namespace

TEST_CASE("report_counts_expected_failures_and_unexpected_passes") {
  RunReport report = test::sample_report();
  REQUIRE(report.count(report.cases[0]) == Count::passed);
  REQUIRE(report.count(report.cases[1]) == Count::failed);
  REQUIRE(report.count(report.cases[2]) == Count::failed);
  REQUIRE(report.count(report.cases[3]) == Count::expected_failure);
  REQUIRE(report.count(report.cases[4]) == Count::unexpected_pass);
  REQUIRE_FALSE(report.passed());
  REQUIRE(summary(totals_of(report)) ==
          "5 cases: 1 passed, 2 failed, 1 failed as expected, 1 passed unexpectedly");
}

TEST_CASE("report_passes_with_passes_and_expected_failures_only") {
  RunReport report = test::sample_report();
  report.cases.erase(report.cases.begin() + 4);
  report.cases.erase(report.cases.begin() + 1, report.cases.begin() + 3);
  REQUIRE(report.passed());
  report.strict = true; // a SHOULD that is not kept decides now
  REQUIRE_FALSE(report.passed());
  report.cases.clear();
  REQUIRE_FALSE(report.passed());
}

TEST_CASE("report_text_tells_a_failure_in_full") {
  const std::string text = text_of(test::sample_report());
  for (const auto* wanted :
       {"ok     disk/disk-full", "FAIL   greylist/greylisted", "xfail  quota/mailbox-full",
        "XPASS  quota/mailbox-busy", "1 rule kept, 1 SHOULD not kept",
        "back-off (SHOULD) not kept; decides only with --strict", "first-retry (MUST)",
        "    source     SHOULD NOT: RFC 5321 section 4.2.1",
        "    source     SHOULD: RFC 5321 section 4.2.1", "    reason     asking <again> can't help",
        "    expected   30m to 4h after the first failure",
        "    actual     b@rcpt.test: after 29m48s", "    near miss  12s too early",
        "    evidence        0.030s  session 1  RCPT TO:<b@rcpt.test> -> 451",
        "0:30:00.000  session 2", "    trouble    nothing was observed",
        "    journal    greylisted.jsonl", "seed 18446744073709551615, time scale 3600"})
    CHECK_THAT(text, Contains(wanted));
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("report_text_keeps_to_its_width") {
  RunReport report = test::sample_report();
  report.cases[1].verdict.findings[0].evidence.clear();
  report.cases[1].verdict.findings[0].actual =
      std::string(300, 'x') + " and then " + std::string(40, 'y');
  std::istringstream lines(text_of(report, {false, true, 80}));
  for (std::string line; std::getline(lines, line);) {
    if (line.find("xxxx") != std::string::npos && line.find("actual") != std::string::npos)
      continue;
    INFO(line);
    CHECK(columns(line) <= 80);
  }
}

TEST_CASE("report_text_has_colours_only_when_asked") {
  CHECK_THAT(text_of(test::sample_report(), {true, false, 100}),
             Contains("\x1b[1;31mFAIL \x1b[0m"));
}

TEST_CASE("report_text_shortens_long_evidence") {
  RunReport report = test::sample_report();
  auto& evidence = report.cases[1].verdict.findings[0].evidence;
  evidence.clear();
  for (std::uint64_t i = 0; i < 100; ++i)
    evidence.push_back({tempfail::Moment(0), i + 1, "try"});
  const std::string text = text_of(report);
  CHECK_THAT(text, Contains("… 88 more …"));
  CHECK_THAT(text, Contains("session 6  try"));
  CHECK_FALSE(text.find("session 7  try") != std::string::npos);
  CHECK_THAT(text, Contains("session 95  try"));
  CHECK_THAT(text, Contains("session 100  try"));
}

TEST_CASE("report_json_has_stable_keys") {
  std::ostringstream out;
  write_json(test::sample_report(), out);
  const auto json = nlohmann::json::parse(out.str());
  CHECK(json["format"] == "tempfail-report");
  CHECK(json["format_version"] == 1);
  CHECK(json["seed"] == 18446744073709551615U);
  CHECK(json["passed"] == false);
  CHECK(json["totals"]["cases"] == 5);
  CHECK(json["totals"]["expected_failures"] == 1);
  const auto& failed = json["cases"][1];
  CHECK(failed["scenario"] == "greylisted");
  CHECK(failed["result"] == "failed");
  CHECK(failed["findings"][0]["rule"] == "first-retry");
  CHECK(failed["findings"][0]["level"] == "must");
  CHECK(failed["findings"][0]["keyword"] == "should-not");
  CHECK(failed["findings"][0]["reason"] == "asking <again> can't help");
  CHECK(failed["findings"][0]["outcome"] == "fail");
  CHECK(failed["findings"][0]["near_miss"] == "12s too early");
  CHECK(failed["findings"][0]["evidence"][1]["time_us"] == 1800000000);
  CHECK(json["cases"][2]["trouble"] == "nothing was observed: no connection came");
  CHECK(json["cases"][3]["result"] == "expected-failure");
}
