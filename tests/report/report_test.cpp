// How cases count, and what the reports say of them.
#include "report/parts.hpp"
#include "sample_report.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

using namespace tempfail::verdict;
using namespace tempfail::report;
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

TEST_CASE("report_counts_each_answer_and_what_was_expected") {
  const RunReport report = test::sample_report();
  const std::vector<CaseStatus> counts = {CaseStatus::ok_but,
                                          CaseStatus::fail,
                                          CaseStatus::error,
                                          CaseStatus::expected_failure,
                                          CaseStatus::unexpected_pass,
                                          CaseStatus::undecided,
                                          CaseStatus::not_met,
                                          CaseStatus::not_applicable,
                                          CaseStatus::ok};
  REQUIRE(report.cases.size() == counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i)
    CHECK(report.status(report.cases[i]) == counts[i]);
  CHECK(report.result() == RunResult::error);
  CHECK(summary(totals_of(report)) ==
        "9 cases: 1 ok, 1 ok (SHOULD), 1 FAIL, 1 undecided, 1 not met, 1 not applicable, 1 error, "
        "1 expected failure, 1 unexpected pass");
}

TEST_CASE("report_summary_names_only_what_there_is") {
  RunReport report = test::sample_report();
  report.cases.erase(report.cases.begin(), report.cases.end() - 1);
  CHECK(summary(totals_of(report)) == "1 case: 1 ok");
}

TEST_CASE("report_is_ok_with_passes_and_expected_failures_only") {
  RunReport report = test::sample_report();
  report.cases.erase(report.cases.begin() + 4, report.cases.end());
  report.cases.erase(report.cases.begin() + 1, report.cases.begin() + 3);
  CHECK(report.result() == RunResult::ok);
  report.strict = true; // a SHOULD that is not kept decides now
  CHECK(report.result() == RunResult::failed);
}

TEST_CASE("report_text_tells_a_failure_in_full") {
  const std::string text = text_of(test::sample_report());
  for (const auto* wanted :
       {"\n  FAIL              greylist/greylisted",
        "\n  expected failure  quota/mailbox-full",
        "\n  unexpected pass   quota/mailbox-busy",
        "\n  undecided         queue/queue-stopped",
        "\n  not met           tls/certificate-expired",
        "\n  not applicable    tls/handshake-reset",
        "\n  error             greylist/greylisted-long",
        "\n  ok                healthy",
        "  ok (SHOULD)       disk/disk-full",
        "1 rule kept; SHOULD not kept: back-off",
        "back-off (SHOULD) not kept; decides only with --strict",
        "first-retry (MUST)",
        "    source     RFC 5321 section 4.2.1 (it says SHOULD NOT)",
        "    source     RFC 5321 section 4.2.1 (it says SHOULD)",
        "    reason     asking <again> can't help",
        "    expected   30m to 4h after the first failure",
        "    actual     b@rcpt.test: after 29m48s",
        "    difference 12s too early",
        "    evidence        0.030s  session 1  RCPT TO:<b@rcpt.test> -> 451",
        "0:30:00.000  session 2",
        "    error      the command could not be started",
        "retry (MUST) undecided\n    seen       still waiting when the watch ended",
        "    journal    greylisted.jsonl",
        "seed 18446744073709551615, time scale 3600"})
    CHECK_THAT(text, Contains(wanted));
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("report_text_says_that_nothing_was_judged") {
  RunReport report = test::sample_report();
  report.cases.erase(report.cases.begin(), report.cases.begin() + 6); // not met, declared, healthy
  CHECK_THAT(text_of(report), Contains("\nnothing was judged: no failure had an effect"));
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
             Contains("\x1b[1;31mFAIL            \x1b[0m") && Contains("\x1b[35merror ") &&
                 Contains("\x1b[33mundecided ") && Contains("\x1b[34mnot met ") &&
                 Contains("\x1b[90mnot applicable  \x1b") && Contains("\x1b[32mok "));
}

TEST_CASE("report_text_shortens_long_evidence") {
  RunReport report = test::sample_report();
  auto& evidence = report.cases[1].verdict.findings[0].evidence;
  evidence.clear();
  for (std::uint64_t i = 0; i < 100; ++i)
    evidence.push_back({tempfail::Moment(0), i + 1, "try"});
  const std::string text = text_of(report);
  CHECK_THAT(text, Contains("session 10  try\n               … and 90 more\n"));
  CHECK_FALSE(text.find("session 11  try") != std::string::npos);
}

TEST_CASE("report_json_has_stable_keys") {
  std::ostringstream out;
  write_json(test::sample_report(), out);
  const auto json = nlohmann::json::parse(out.str());
  CHECK(json["format"] == "tempfail-report");
  CHECK(json["format_version"] == 2);
  CHECK(json["seed"] == 18446744073709551615U);
  CHECK(json["passed"] == false);
  CHECK(json["result"] == "error");
  const auto& totals = json["totals"];
  CHECK(totals["cases"] == 9);
  for (const auto* key : {"ok", "ok_but", "fail", "undecided", "not_met", "not_applicable", "error",
                          "expected_failures", "unexpected_passes"}) {
    INFO(key);
    CHECK(totals[key] == 1);
  }
  const auto& failed = json["cases"][1];
  CHECK(failed["scenario"] == "greylisted");
  CHECK(failed["answer"] == "fail");
  CHECK(failed["result"] == "fail");
  CHECK(failed["why"] ==
        "first-retry: b@rcpt.test: after 29m48s (12s too early) (and 1 more rule)");
  CHECK(failed["findings"][0]["rule"] == "first-retry");
  CHECK(failed["findings"][0]["level"] == "must");
  CHECK(failed["findings"][0]["keyword"] == "should-not");
  CHECK(failed["findings"][0]["reason"] == "asking <again> can't help");
  CHECK(failed["findings"][0]["outcome"] == "fail");
  CHECK(failed["findings"][0]["near_miss"] == "12s too early");
  CHECK(failed["findings"][0]["evidence"][1]["time_us"] == 1800000000);
  CHECK(failed["findings"][0]["evidence_left_out"] == 0);
  CHECK(json["cases"][2]["trouble"] == "the command could not be started (exit status 127)");
  CHECK(json["cases"][3]["answer"] == "fail");
  CHECK(json["cases"][3]["result"] == "expected-failure");
  CHECK(json["cases"][6]["answer"] == "not-met");
  CHECK(json["cases"][6]["met"] == false);
  CHECK(json["cases"][7]["answer"] == "not-applicable");
}
