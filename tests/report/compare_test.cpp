// What changed from one report to another, and what counts as worse.
#include "report/compare.hpp"
#include "support/catch.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace tempfail::report;
using namespace tempfail::verdict;
using Catch::Contains;
using tempfail::scenario::Level;

namespace {

Finding finding(std::string rule, Outcome outcome, Level level = Level::must) {
  Finding result;
  result.rule = std::move(rule);
  result.outcome = outcome;
  result.level = level;
  result.actual = "seen";
  return result;
}

CaseResult one(std::vector<Finding> findings) {
  CaseResult result;
  result.verdict.scenario = "disk-full";
  result.verdict.family = "disk";
  result.verdict.findings = std::move(findings);
  return result;
}

RunReport with(CaseResult result) {
  RunReport report;
  report.version = "1.0.0";
  report.cases.push_back(std::move(result));
  return report;
}

/// What becomes of a case between two reports of nothing else.
Change change(const CaseResult& before, const CaseResult& after, bool strict = false) {
  const RunReport a = with(before);
  const RunReport b = with(after);
  return compare(a, b, strict).cases.front().change;
}

const Finding kept = finding("retry", Outcome::pass);
const Finding broken = finding("retry", Outcome::fail);
const Finding open = finding("retry", Outcome::undecided);

CaseResult not_met() {
  CaseResult result = one({kept});
  result.verdict.met = false;
  return result;
}
CaseResult error() {
  CaseResult result = one({});
  result.verdict.run_error = "a full disk";
  return result;
}
CaseResult known() {
  CaseResult result = one({broken});
  result.expected = {{"disk-full", "", Answer::fail, "known"}};
  return result;
}

} // namespace

TEST_CASE("compare_answers") {
  CHECK(change(one({kept}), one({kept})) == Change::none);
  CHECK(change(one({broken}), one({broken})) == Change::none);
  CHECK(change(one({kept}), one({broken})) == Change::worse);
  CHECK(change(one({kept}), one({open})) == Change::worse);
  CHECK(change(one({kept}), error()) == Change::worse);
  CHECK(change(one({open}), one({broken})) == Change::worse);
  CHECK(change(not_met(), one({broken})) == Change::worse);
  CHECK(change(known(), one({broken})) == Change::worse);
  CHECK(change(one({broken}), one({kept})) == Change::better);
  CHECK(change(error(), one({kept})) == Change::better);
  CHECK(change(one({open}), one({kept})) == Change::better);
  // Of what is no longer seen, or was not seen before, nobody knows whether it is better.
  CHECK(change(one({broken}), not_met()) == Change::other);
  CHECK(change(one({kept}), not_met()) == Change::other);
  CHECK(change(one({broken}), error()) == Change::other);
  CHECK(change(error(), one({broken})) == Change::other);
}

TEST_CASE("compare_rules_of_a_case_that_fails_in_both") {
  const Finding pause = finding("pause", Outcome::fail);
  const Finding pause_kept = finding("pause", Outcome::pass);
  CHECK(change(one({broken, pause_kept}), one({broken, pause})) == Change::worse);
  CHECK(change(one({broken, pause}), one({broken, pause_kept})) == Change::better);
  CHECK(change(one({broken, pause_kept}), one({kept, pause})) == Change::worse);
  // A rule that is no longer judged, because another one is the cause, is not mended.
  const RunReport a = with(one({broken}));
  const RunReport b =
      with(one({finding("connects", Outcome::fail), finding("retry", Outcome::not_applicable)}));
  const Comparison comparison = compare(a, b, false);
  const CaseChange& found = comparison.cases.front();
  CHECK(found.change == Change::worse);
  REQUIRE(found.broken.size() == 1);
  CHECK(found.broken.front().rule == "connects");
  CHECK(found.mended.empty());
}

TEST_CASE("compare_a_should_counts_only_where_it_is_asked_for") {
  const CaseResult soft = one({kept, finding("jitter", Outcome::fail, Level::should)});
  const CaseResult all = one({kept, finding("jitter", Outcome::pass, Level::should)});
  CHECK(change(all, soft) == Change::other);
  CHECK(change(all, soft, true) == Change::worse);
  CHECK(change(soft, all) == Change::better);
}

TEST_CASE("compare_of_several_findings_of_a_rule_one_is_enough") {
  CHECK(change(one({kept, kept}), one({kept, broken})) == Change::worse);
  const RunReport a = with(one({kept, broken}));
  const RunReport b = with(one({kept, open}));
  CHECK(compare(a, b, false).cases.front().mended.empty());
}

TEST_CASE("compare_new_and_gone_scenarios_are_neither_worse_nor_better") {
  RunReport before = with(one({kept}));
  RunReport after = with(one({broken}));
  after.cases.front().verdict.scenario = "mailbox-full";
  const Comparison comparison = compare(before, after, true);
  REQUIRE(comparison.cases.size() == 2);
  CHECK(comparison.cases.front().change == Change::added);
  CHECK(comparison.cases.back().change == Change::gone);
  CHECK_FALSE(comparison.got_worse());
}

TEST_CASE("compare_names_what_the_runs_were_told_differently") {
  RunReport before = with(one({kept}));
  RunReport after = before;
  CHECK(compare(before, after, false).setting_differences.empty());
  before.time_scale = 60;
  after.time_scale = 3600;
  after.sender_version = "Exim 4.96";
  const std::vector<std::string> notes = compare(before, after, false).setting_differences;
  CHECK(notes == std::vector<std::string>{"sender's version none, now Exim 4.96",
                                          "time scale 60, now 3600"});
}

TEST_CASE("compare_says_the_same_in_every_form") {
  RunReport before = with(one({kept}));
  RunReport after = with(one({broken}));
  for (int i = 0; i < 3; ++i)
    for (RunReport* report : {&before, &after}) {
      report->cases.push_back(one({kept}));
      report->cases.back().verdict.scenario =
          "other-" + std::to_string(i) + (i == 2 ? report == &before ? "-old" : "-<new>" : "");
    }
  const Comparison comparison = compare(before, after, false);
  std::ostringstream text;
  write_text(comparison, {false, false, 80}, text);
  CHECK_THAT(text.str(), Contains("\nworse\n  disk/disk-full") && Contains("ok → FAIL") &&
                             Contains("newly broken: retry\n      retry: seen\n") &&
                             Contains("\nnew\n  disk/other-2-<new>") &&
                             Contains("\ngone\n  disk/other-2-old") &&
                             Contains("newly broken: retry (1)\n") &&
                             Contains("1 worse, 1 new, 1 gone, 2 the same\n"));
  std::ostringstream json;
  write_json(comparison, json);
  const auto parsed = nlohmann::json::parse(json.str());
  CHECK(parsed["worse"] == true);
  CHECK(parsed["totals"] ==
        nlohmann::json(
            {{"worse", 1}, {"better", 0}, {"changed", 0}, {"new", 1}, {"gone", 1}, {"same", 2}}));
  REQUIRE(parsed["cases"].size() == 3);
  CHECK(parsed["cases"][0]["newly_broken"][0]["rule"] == "retry");
  CHECK(parsed["cases"][0]["old"]["result"] == "ok");
  CHECK(parsed["cases"][0]["new"]["result"] == "fail");
  CHECK(parsed["cases"][2]["new"].is_null());
  std::ostringstream table;
  write_markdown(comparison, table);
  CHECK_THAT(table.str(),
             Contains("| **worse** | disk/disk-full | ok → FAIL | newly broken: retry |") &&
                 Contains("other-2-&lt;new&gt;"));
}
