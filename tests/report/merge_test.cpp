// Reports of several machines as one, and what can't be one.
#include "report/merge.hpp"
#include "sample_report.hpp"
#include "support/catch.hpp"

#include <functional>
#include <sstream>

using namespace tempfail::report;
using Catch::Contains;

namespace {

/// The sample's cases, dealt out to so many parts.
std::vector<NamedReport> parts_of(std::size_t count) {
  const RunReport whole = test::sample_report();
  std::vector<NamedReport> parts;
  for (std::size_t number = 1; number <= count; ++number) {
    RunReport part = whole;
    part.cases.clear();
    for (std::size_t i = number - 1; i < whole.cases.size(); i += count)
      part.cases.push_back(whole.cases[i]);
    part.shard = {number, count};
    part.date = "2026-05-0" + std::to_string(9 - number) + " 12:00 UTC";
    part.invocation = "tempfail test --shard " + std::to_string(number) + "/" +
                      std::to_string(count) + " --strict -- mailer";
    parts.push_back({"part-" + std::to_string(number), std::move(part)});
  }
  return parts;
}

std::string complaint(const std::vector<NamedReport>& parts, bool incomplete = false) {
  try {
    merge(parts, incomplete);
  } catch (const CanNotMerge& error) {
    return error.what();
  }
  return "no complaint";
}

std::string json_of(const RunReport& report) {
  std::ostringstream out;
  write_json(report, out);
  return out.str();
}

} // namespace

TEST_CASE("merge_makes_the_report_of_the_whole") {
  const RunReport whole = merge(parts_of(3), false);
  CHECK(whole.cases.size() == test::sample_report().cases.size());
  CHECK(whole.date == "2026-05-06 12:00 UTC");
  CHECK(whole.invocation == "tempfail test --strict -- mailer");
  CHECK(whole.shard.number == 0);
  CHECK(whole.result() == test::sample_report().result());
  std::vector<NamedReport> turned = parts_of(3);
  std::swap(turned.front(), turned.back());
  std::swap(turned.front().report.date, turned.back().report.date);
  CHECK(json_of(merge(parts_of(3), false)).size() == json_of(merge(turned, false)).size());
}

TEST_CASE("merge_of_one_is_that_one") {
  const RunReport whole = merge(parts_of(1), false);
  CHECK(whole.cases.size() == test::sample_report().cases.size());
}

TEST_CASE("merge_needs_all_parts") {
  std::vector<NamedReport> parts = parts_of(3);
  parts.erase(parts.begin() + 1);
  CHECK(complaint(parts) == "part 2 of 3 is missing; --incomplete makes a "
                            "report without it");
  RunReport whole = merge(parts, true);
  std::ostringstream text;
  write_text(whole, {false, false, 90}, text);
  CHECK_THAT(text.str(), Contains("this is not the whole run: part 2 of 3 is missing"));
  // What nobody knows is not ok.
  for (CaseResult& result : whole.cases)
    result.stored_status = CaseStatus::ok;
  CHECK(whole.result() == RunResult::undecided);
}

TEST_CASE("merge_takes_reports_that_are_no_parts") {
  std::vector<NamedReport> parts = parts_of(2);
  for (NamedReport& part : parts)
    part.report.shard = {};
  CHECK(merge(parts, false).cases.size() == test::sample_report().cases.size());
}

TEST_CASE("merge_refuses_a_case_that_is_there_twice") {
  std::vector<NamedReport> parts = parts_of(2);
  parts[1].report.cases.push_back(parts[0].report.cases.front());
  CHECK(complaint(parts) ==
        "disk-full is in part-1 and in part-2; a case may be in one report only");
  parts = parts_of(2);
  parts.push_back(parts.front());
  CHECK_THAT(complaint(parts), Contains("is in part-1 and in part-1"));
}

TEST_CASE("merge_refuses_parts_of_other_runs") {
  const std::vector<std::pair<std::function<void(RunReport&)>, std::string>> changes = {
      {[](RunReport& r) { r.version = "9"; }, "tempfail is 0.1.0 in the first and 9 in the second"},
      {[](RunReport& r) { r.sender = "exim"; }, "the sender is nothing in the first and exim"},
      {[](RunReport& r) { r.sender_version = "2"; }, "the sender's version"},
      {[](RunReport& r) { r.command = "other"; }, "the command is"},
      {[](RunReport& r) { r.seed = 7; }, "the seed is 18446744073709551615 in the first and 7"},
      {[](RunReport& r) { r.time_scale = 1; }, "the time scale is 3600 in the first and 1"},
      {[](RunReport& r) { r.strict = true; }, "--strict is no in the first and yes"},
      {[](RunReport& r) { r.require_met = true; }, "--require-met"},
      {[](RunReport& r) { r.tls_policy = tempfail::scenario::TlsPolicy::required; },
       "the TLS policy is opportunistic in the first and required"},
      {[](RunReport& r) { r.shard.total = 5; }, "the number of parts is 2 in the first and 5"}};
  for (const auto& [change, said] : changes) {
    std::vector<NamedReport> parts = parts_of(2);
    change(parts.back().report);
    CHECK_THAT(complaint(parts, true),
               Contains("part-1 and part-2 are not parts of one run: " + said));
  }
}

TEST_CASE("merge_adds_up_what_was_not_run") {
  std::vector<NamedReport> parts = parts_of(2);
  parts[0].report.not_run = 2;
  parts[1].report.not_run = 3;
  parts[1].report.sender_never_connected = true;
  const RunReport whole = merge(parts, false);
  CHECK(whole.not_run == 5);
  CHECK(whole.sender_never_connected);
}
