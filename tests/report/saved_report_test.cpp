// A report that was written, read back, and written again is the same, in every form.
#include "report/read.hpp"
#include "sample_report.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

using namespace tempfail::report;
using namespace tempfail::verdict;
using Catch::Contains;
using tempfail::report::test::full_report;
using tempfail::report::test::sample_report;

namespace {

std::string written(void (*write)(const RunReport&, std::ostream&), const RunReport& report) {
  std::ostringstream out;
  write(report, out);
  return out.str();
}

RunReport again(const RunReport& report) {
  return read_json(written(write_json, report));
}

} // namespace

TEST_CASE("saved_report_is_the_same_in_every_form") {
  const RunReport report = full_report();
  const RunReport read = again(report);
  for (const auto write : {&write_json, &write_junit, &write_html, &write_markdown,
                           &write_annotations, &write_expected_failures})
    CHECK(written(write, read) == written(write, report));
  std::ostringstream one;
  std::ostringstream other;
  write_text(report, {false, true, 90}, one);
  write_text(read, {false, true, 90}, other);
  CHECK(one.str() == other.str());
}

TEST_CASE("saved_report_what_was_left_out_is_not_counted_again") {
  RunReport report = sample_report();
  Finding& finding = report.cases[1].verdict.findings.front();
  finding.evidence.resize(25, finding.evidence.front());
  finding.evidence.front().text.assign(500, 'x');
  finding.actual = "1h, 1h, 1h, 1h, 1h, 1h, 1h, 1h, 1h, 1h, 1h, 1h";
  finding.expected.assign(1000, 'y');
  RunReport read = again(report);
  CHECK(written(write_json, read) == written(write_json, report));
  read = again(read);
  CHECK(written(write_json, read) == written(write_json, report));
  CHECK_THAT(written(write_html, read), Contains("… and 15 more"));
  CHECK_THAT(written(write_json, read), Contains("1h, … and 2 more"));
}

TEST_CASE("saved_report_result_is_the_one_that_was_written") {
  const RunReport report = full_report();
  const RunReport read = again(report);
  REQUIRE(read.cases.size() == report.cases.size());
  for (std::size_t i = 0; i < report.cases.size(); ++i)
    CHECK(read.status(read.cases[i]) == report.status(report.cases[i]));
  CHECK(read.result() == report.result());
}

TEST_CASE("saved_report_keys_that_are_not_known_or_not_there") {
  nlohmann::json json = nlohmann::json::parse(written(write_json, full_report()));
  json["later"] = {1, 2};
  json["cases"][0]["later"] = "key";
  for (const char* key : {"date", "invocation", "shard", "not_run", "role"})
    json.erase(key);
  for (const char* key : {"expected", "connections", "server", "not_applicable", "role"})
    json["cases"][0].erase(key);
  const RunReport read = read_json(json.dump());
  CHECK(read.date.empty());
  CHECK(read.cases.front().verdict.summary.server.empty());
}

TEST_CASE("saved_report_that_is_none") {
  const std::string good = written(write_json, full_report());
  const auto complaint = [](const std::string& text) {
    try {
      read_json(text);
    } catch (const BadReport& bad) {
      return std::string(bad.what());
    }
    return std::string("no complaint");
  };
  CHECK_THAT(complaint(""), Contains("is not a report of tempfail"));
  nlohmann::json parts = nlohmann::json::parse(good);
  parts["shard"]["of"] = 1000000000000U; // each of its parts would be looked for
  CHECK_THAT(complaint(parts.dump()), Contains("part 2 of 1000000000000 is not a valid one"));
  CHECK_THAT(complaint("[]"), Contains("is not a report of tempfail"));
  CHECK_THAT(complaint("{\"format\": \"tempfail-matrix\"}"), Contains("is not a report"));
  CHECK_THAT(complaint(good.substr(0, good.size() / 2)), Contains("is not a report of tempfail"));
  CHECK_THAT(complaint("<testsuites/>"), Contains("is not a report of tempfail"));
  auto json = nlohmann::json::parse(good);
  json["format_version"] = 3;
  CHECK(complaint(json.dump()) ==
        "is a report of format 3; this version of tempfail reads format 2");
  json["format_version"] = 2;
  for (const auto& [path, value] : std::vector<std::pair<std::string, nlohmann::json>>{
           {"/cases/0/result", "good"},
           {"/cases/0/findings/0/outcome", 7},
           {"/cases/0/tracks", "none"},
           {"/cases/0/tracks/0/tries/0/result", "eaten"},
           {"/cases/0/connections/0/lines/0/by", "nobody"},
           {"/cases", 7},
           {"/cases/0", nullptr},
           {"/seed", "seven"}}) {
    auto wrong = json;
    wrong[nlohmann::json::json_pointer(path)] = value;
    CAPTURE(path);
    CHECK_THAT(complaint(wrong.dump()), Contains("is not a report of tempfail"));
  }
  // Whatever is cut off or changed, it is a complaint or a report, and nothing else.
  for (std::size_t i = 0; i < good.size(); i += 97) {
    std::string changed = good;
    changed[i] = changed[i] == '"' ? '7' : '"';
    CHECK_NOTHROW(complaint(changed));
  }
}
