// JUnit and HTML, and the colours of a terminal, to the letter: a case that failed, one that a SHOULD broke, one that
// was not judged.
#include "report/parts.hpp"
#include "support/catch.hpp"
#include "verdict/findings.hpp"

#include <sstream>

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::report;
using Catch::Contains;
using scenario::Level;

namespace {

Finding found(std::string rule, Level level, Outcome outcome) {
  Finding finding;
  finding.rule = std::move(rule);
  finding.requirement = "Req.";
  finding.source = "RFC 1";
  finding.keyword = Keyword::must;
  finding.level = level;
  finding.outcome = outcome;
  finding.actual = "seen";
  return finding;
}

RunReport report_of() {
  RunReport report;
  report.version = "1.2";
  report.command = "send <it>";
  report.seed = 7;
  report.time_scale = 60;
  report.cases.resize(3);
  CaseVerdict& failed = report.cases[0].verdict;
  failed.family = "disk";
  failed.scenario = "disk-full";
  failed.findings = {found("retry", Level::must, Outcome::fail),
                     found("pause", Level::should, Outcome::fail),
                     found("waits", Level::must, Outcome::pass),
                     found("jitter", Level::must, Outcome::not_applicable)};
  Finding& retry = failed.findings[0];
  retry.reason = "mail is lost";
  retry.expected = "a retry";
  retry.near_miss = "1m too late";
  for (std::uint64_t i = 0; i < 12; ++i)
    retry.evidence.push_back({std::chrono::seconds(1), 3, "DATA -> 451"});
  report.cases[0].seconds = 2.5;
  report.cases[0].journal_file = "disk-full.jsonl";
  report.cases[0].output_file = "disk-full.log";
  report.cases[1].verdict.scenario = "healthy";
  report.cases[1].verdict.findings = {found("waits", Level::must, Outcome::pass)};
  report.cases[2].verdict.family = "disk";
  report.cases[2].verdict.scenario = "disk-slow";
  report.cases[2].verdict.met = false;
  report.cases[2].verdict.not_met = "no connection arrived";
  return report;
}

std::string written(void (*write)(const RunReport&, std::ostream&), const RunReport& report) {
  std::ostringstream out;
  write(report, out);
  return out.str();
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i)
    all += text;
  return all;
}

} // namespace

TEST_CASE("report_junit_is_what_its_readers_expect") {
  const std::string text = written(write_junit, report_of());
  const std::string properties =
      "    <properties>\n"
      "      <property name=\"tempfail.version\" value=\"1.2\"/>\n"
      "      <property name=\"tempfail.command\" value=\"send &lt;it&gt;\"/>\n"
      "      <property name=\"tempfail.seed\" value=\"7\"/>\n"
      "      <property name=\"tempfail.time_scale\" value=\"60.000\"/>\n"
      "      <property name=\"tempfail.tls_policy\" value=\"opportunistic\"/>\n"
      "      <property name=\"tempfail.role\" value=\"queueing\"/>\n"
      "    </properties>\n";
  CHECK(text ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"tempfail\" tests=\"3\" failures=\"1\" errors=\"0\" time=\"2.500\">\n"
        "  <testsuite name=\"tempfail\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\" "
        "time=\"0.000\">\n" +
            properties +
            "    <testcase name=\"healthy\" classname=\"tempfail\" time=\"0.000\">\n"
            "      <system-out>pass  MUST  waits: seen\n</system-out>\n"
            "    </testcase>\n"
            "  </testsuite>\n"
            "  <testsuite name=\"disk\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\" "
            "time=\"2.500\">\n" +
            properties +
            "    <testcase name=\"disk-full\" classname=\"tempfail.disk\" time=\"2.500\">\n"
            "      <failure message=\"retry: seen (1m too late)\" type=\"verdict\">"
            "MUST retry: Req.\nsource: RFC 1 (it says MUST)\nreason: mail is lost\nexpected: a "
            "retry\n"
            "actual: seen\ndifference: 1m too late\n" +
            repeated("  1.000s  session 3  DATA -&gt; 451\n", 10) +
            "  … and 2 more\n</failure>\n"
            "      <system-out>fail  MUST  retry: seen (1m too late)\nfail  SHOULD  pause: seen\n"
            "pass  MUST  waits: seen\nSHOULD pause: Req.\nsource: RFC 1 (it says MUST)\nactual: "
            "seen\n"
            "journal: disk-full.jsonl\noutput: disk-full.log\n</system-out>\n"
            "    </testcase>\n"
            "    <testcase name=\"disk-slow\" classname=\"tempfail.disk\" time=\"0.000\">\n"
            "      <skipped message=\"not met: no connection arrived\"/>\n"
            "    </testcase>\n"
            "  </testsuite>\n"
            "</testsuites>\n");
}

TEST_CASE("report_junit_has_an_element_for_each_answer") {
  RunReport report = report_of();
  CaseResult& result = report.cases[0];
  const auto element = [&] {
    const std::string text = written(write_junit, report);
    const std::size_t at = text.find("      <", text.find("testcase name=\"disk-full\""));
    return text.substr(at + 6, text.find_first_of(">", at) - at - 5);
  };
  result.expected = {{"disk-full", "", Answer::fail}};
  CHECK(element() == "<skipped message=\"expected failure: retry: seen (1m too late)\"/>");
  result.verdict.findings[0].outcome = Outcome::pass;
  CHECK(element() ==
        "<failure message=\"was expected to fail, and is ok\" type=\"unexpected-pass\">");
  result.expected.clear();
  result.verdict.findings[0].outcome = Outcome::undecided;
  CHECK(element() == "<error message=\"retry: seen (1m too late)\" type=\"undecided\">");
  result.verdict.not_applicable = "exit status 89";
  CHECK(element() == "<skipped message=\"not applicable: exit status 89\"/>");
  result.verdict.run_error = "no port";
  CHECK(element() == "<error message=\"no port\" type=\"error\">");
}

TEST_CASE("report_html_tells_totals_cases_and_findings") {
  RunReport report = report_of();
  report.strict = true;
  report.tls_policy = scenario::TlsPolicy::required;
  const std::string text = written(write_html, report);
  CHECK_THAT(text, Contains("<title>tempfail: 3 cases: 1 ok, 1 FAIL, 1 not met</title>"));
  CHECK_THAT(text, Contains("<h1 class=\"fail\">3 cases: 1 ok, 1 FAIL, 1 not met</h1>\n"));
  CHECK_THAT(
      text,
      Contains("<div class=\"bar\" aria-hidden=\"true\"><i class=\"fail\" style=\"flex:1\"></i>"
               "<i class=\"not-met\" style=\"flex:1\"></i>"
               "<i class=\"ok\" style=\"flex:1\"></i></div>\n"));
  CHECK_THAT(text, Contains("<p class=\"run\">tempfail 1.2 · seed 7 · time scale 60 (a second "
                            "stands for 1m) · strict · TLS "
                            "required</p>\n<div class=\"command\"><code>send &lt;it&gt;</code>"));
  CHECK_THAT(text, Contains("<section class=\"finding fail\"><p class=\"plain\">The server "
                            "said &quot;try again later&quot;"));
  CHECK_THAT(
      text,
      Contains(
          "<dl><dt>rule</dt><dd>retry (MUST, required): Req.</dd><dt>source</dt><dd>RFC 1 (it says "
          "MUST)</dd>"
          "<dt>why MUST</dt><dd>mail is lost</dd><dt>expected</dt><dd>a retry</dd>"
          "<dt>actual</dt><dd>seen</dd><dt>difference</dt><dd class=\"near\">1m too "
          "late</dd></dl>\n"
          "<ul class=\"evidence\">" +
          repeated("<li><b>1.000s  session 3</b>  DATA -&gt; 451</li>", 10) +
          "<li>… and 2 more</li></ul>\n</section>\n"));
  CHECK_THAT(text, Contains("<summary>1 rule kept</summary>waits</details>\n"
                            "<p class=\"files\"><a href=\"disk-full.jsonl\">journal</a>"
                            "<a href=\"disk-full.log\">output of the command</a></p>\n"));
  CHECK_THAT(text,
             Contains("<p class=\"not-met\">no connection arrived</p>\n") && !Contains("jitter"));
  CHECK_THAT(text, Contains("<span class=\"number\">2.5s</span>"));
  report.strict = false;
  CHECK_THAT(written(write_html, report),
             Contains("<section class=\"finding ok-but\"><p class=\"plain\">Your sender tried "
                      "again and again"));
}

TEST_CASE("report_html_says_that_nothing_was_judged_and_what_is_open") {
  RunReport report = report_of();
  report.cases.erase(report.cases.begin(), report.cases.begin() + 2);
  CHECK_THAT(written(write_html, report),
             Contains("<h1 class=\"undecided\">") &&
                 Contains("<br>nothing was judged: no failure had an effect on this sender</p>"));
  RunReport open = report_of();
  open.cases[0].verdict.findings[0].outcome = Outcome::undecided;
  CHECK_THAT(written(write_html, open),
             Contains("<section class=\"finding undecided\"><p class=\"plain\">It is unknown"));
  open.cases[0].verdict.run_error = "no <port>";
  CHECK_THAT(written(write_html, open), Contains("<h1 class=\"error\">") &&
                                            Contains("<p class=\"error\">no &lt;port&gt;</p>\n"));
  open.cases[0].verdict = {};
  open.cases[0].verdict.scenario = "disk-full";
  CHECK_THAT(written(write_html, open), Contains("<h1 class=\"ok\">"));
}

TEST_CASE("report_html_opens_cases_that_failed_only_where_they_are_few") {
  RunReport report = report_of();
  CHECK_THAT(written(write_html, report),
             Contains("<details open class=\"case fail\" id=\"disk/disk-full\""));
  CHECK_THAT(written(write_html, report), Contains("<details class=\"case ok\" id=\"healthy\""));
  report.cases.insert(report.cases.end(), 2, report.cases[0]);
  CHECK_THAT(written(write_html, report), !Contains("<details open"));
}

TEST_CASE("report_text_has_a_colour_for_each_finding") {
  const auto text = [](const RunReport& report) {
    std::ostringstream out;
    write_text(report, {true, true, 100}, out);
    return out.str();
  };
  RunReport report = report_of();
  CHECK_THAT(
      text(report),
      Contains("\n  \x1b[31mretry\x1b[0m (MUST)\n    rule       Req.\n") &&
          Contains("    reason     mail is lost\n    expected   a retry\n") &&
          Contains("    difference \x1b[1m1m too late\x1b[0m\n") &&
          Contains(
              "\n  \x1b[1mpause\x1b[0m (SHOULD) not kept; decides only with --strict\n"
              "    rule       Req.\n    source     RFC 1 (it says MUST)\n    actual     seen\n") &&
          Contains("\n  \x1b[32mwaits\x1b[0m (MUST)\n") &&
          Contains("    evidence   \x1b[2m1.000s\x1b[0m  session 3  DATA -> 451\n") &&
          Contains("    not met    \x1b[34mno connection arrived\x1b[0m\n") &&
          Contains("\n\x1b[1;31m3 cases: 1 ok, 1 FAIL, 1 not met\x1b[0m\n"));
  report.cases[0].verdict.findings[0].outcome = Outcome::undecided;
  CHECK_THAT(text(report), Contains("\n  \x1b[33mretry\x1b[0m (MUST) undecided\n") &&
                               Contains("\n\x1b[1;33m3 cases: "));
  report.cases[0].verdict.run_error = "no port";
  CHECK_THAT(text(report), Contains("    error      \x1b[35mno port\x1b[0m\n") &&
                               Contains("\n\x1b[1;35m3 cases: "));
}
