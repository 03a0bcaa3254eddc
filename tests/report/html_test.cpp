// The page: what is on it, in which order, and that it stays small.
#include "report/parts.hpp"
#include "sample_report.hpp"
#include "support/catch.hpp"

#include <sstream>
#include <string>
#include <vector>

using namespace tempfail;
using namespace tempfail::report;
using Catch::Contains;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

std::string page_of(const RunReport& report) {
  std::ostringstream out;
  write_html(report, out);
  return out.str();
}

/// The case of this name, from its beginning to the next.
std::string case_of(const std::string& page, const std::string& id) {
  const std::size_t begin = page.find("id=\"" + id + "\"");
  REQUIRE(begin != std::string::npos);
  return page.substr(begin, page.find(" class=\"case ", begin) - begin);
}

verdict::SummaryTry attempt(Moment begin, std::string_view result, std::string said) {
  return {begin, begin + std::chrono::seconds(1), 1, result, std::move(said), "mx.test"};
}

/// The sample with a summary for its failed case.
RunReport with_story() {
  RunReport report = test::sample_report();
  verdict::CaseSummary& summary = report.cases[1].verdict.summary;
  summary.server = "The server asks for patience.";
  summary.description = "Greylisting: <later> is better.";
  summary.tries = 3;
  summary.deliveries = 1;
  verdict::DeliveryTimeline timeline;
  timeline.recipient = "b@rcpt.test";
  timeline.tries = {attempt(Moment(0), "transient", "451 4.7.1 <later>"),
                    attempt(minutes(20), "trouble", "connection lost"),
                    attempt(hours(2), "accepted", "250 2.0.0 Ok")};
  timeline.next = verdict::RetryWindow{minutes(30), hours(4)};
  timeline.delivered = true;
  summary.timelines = {timeline};
  verdict::ConnectionDialogue connection;
  connection.session = 7;
  connection.host = "mx.test";
  connection.lines = {{Moment(0), journal::Speaker::client, "RCPT TO:<b@rcpt.test>"},
                      {minutes(1), journal::Speaker::server, "451 4.7.1 \x1b[2Jlater"},
                      {minutes(1), journal::Speaker::note, "closed after QUIT"}};
  summary.dialogues = {connection};
  return report;
}

} // namespace

TEST_CASE("html_shows_failures_first_and_what_is_ok_last") {
  const std::string page = page_of(test::sample_report());
  std::size_t last = 0;
  for (const auto* id : {"greylist/greylisted-long", "greylist/greylisted", "quota/mailbox-busy",
                         "queue/queue-stopped", "disk/disk-full", "tls/certificate-expired",
                         "quota/mailbox-full", "tls/handshake-reset", "healthy"}) {
    INFO(id);
    const std::size_t found = page.find("id=\"" + std::string(id) + "\"");
    REQUIRE(found != std::string::npos);
    CHECK(found > last);
    last = found;
  }
}

TEST_CASE("html_tells_in_plain_words_what_is_wrong") {
  const std::string shown = case_of(page_of(with_story()), "greylist/greylisted");
  CHECK_THAT(
      shown,
      Contains("<span class=\"why\">Your sender retried too soon after the failure. "
               "<span class=\"tag\">first-retry</span> <span class=\"tag\">retry</span></span>"));
  CHECK_THAT(shown, Contains("<h3>What the server did, and what is expected</h3>\n<p>The server "
                             "asks for patience.</p>"));
  CHECK_THAT(shown, Contains("Greylisting: &lt;later&gt; is better."));
  CHECK_THAT(shown, Contains("<b>b@rcpt.test</b>: 3 tries, delivered"));
  CHECK_THAT(shown, Contains("<dt>difference</dt><dd class=\"near\">12s too early</dd>"));
  CHECK_THAT(shown, Contains("<dt>rule</dt><dd>first-retry (MUST, required): "));
  CHECK(shown.find("What the server did") < shown.find("What your sender did"));
  CHECK(shown.find("What your sender did") < shown.find("What is wrong, and what to do"));
}

TEST_CASE("html_draws_a_dot_for_each_try_and_shades_the_window") {
  const std::string shown = case_of(page_of(with_story()), "greylist/greylisted");
  CHECK_THAT(shown, Contains("<circle class=\"transient\" cx=\"1.50%\""));
  CHECK_THAT(shown, Contains("<title>20m: connection lost</title>"));
  CHECK_THAT(shown, Contains("<title>2h: 250 2.0.0 Ok</title>"));
  CHECK_THAT(shown, Contains("<rect class=\"window\""));
  CHECK_THAT(shown, Contains("shaded: expected time of the first retry"));
}

TEST_CASE("html_shows_a_dialogue_with_nothing_that_could_hurt_a_page") {
  const std::string shown = case_of(page_of(with_story()), "greylist/greylisted");
  CHECK_THAT(shown, Contains("Connection 7 to mx.test"));
  CHECK_THAT(shown, Contains("→ RCPT TO:&lt;b@rcpt.test&gt;"));
  CHECK_THAT(shown, Contains("← 451 4.7.1 \\x1b[2Jlater"));
}

TEST_CASE("html_names_rules_that_were_kept_in_one_line") {
  CHECK_THAT(case_of(page_of(test::sample_report()), "healthy"),
             Contains("<summary>2 rules kept</summary>delivered, sequence</details>"));
}

TEST_CASE("html_says_how_to_run_a_case_again") {
  RunReport report = test::sample_report();
  CHECK(page_of(report).find("Run this case again") == std::string::npos);
  report.invocation = "tempfail test 'disk/*' --strict -- mailer";
  report.invocation_begin = "tempfail test ";
  report.invocation_end = " --strict -- mailer";
  CHECK_THAT(case_of(page_of(report), "disk/disk-full"),
             Contains("<code>tempfail test disk-full --strict -- mailer</code>"));
  CHECK_THAT(page_of(report),
             Contains("<code>tempfail test &#39;disk/*&#39; --strict -- mailer</code>"));
}

TEST_CASE("html_links_to_files_and_to_nothing_else") {
  CHECK(file_link("cases/disk-full/journal.jsonl") == "cases/disk-full/journal.jsonl");
  CHECK(file_link("/tmp/x y.jsonl") == "/tmp/x%20y.jsonl");
  CHECK(file_link("javascript:alert(1).jsonl") == "javascript%3Aalert%281%29.jsonl");
  CHECK(file_link("//host/x") == "/.//host/x");
  CHECK(file_link("a?b#c\xFF") == "a%3Fb%23c%FF");
}

TEST_CASE("html_of_many_cases_leaves_out_what_was_said_where_all_is_ok") {
  RunReport report = with_story();
  report.cases.back().verdict.summary = report.cases[1].verdict.summary;
  CHECK_THAT(case_of(page_of(report), "healthy"), Contains("Connection 7"));
  for (int i = 0; i < 40; ++i)
    report.cases.push_back(report.cases.back());
  const std::string page = page_of(report);
  CHECK_THAT(case_of(page, "healthy"), Contains("are in the journal") && !Contains("Connection 7"));
  CHECK_THAT(case_of(page, "greylist/greylisted"), Contains("Connection 7"));
}

TEST_CASE("html_has_a_chip_for_each_answer_that_there_is") {
  RunReport report = test::sample_report();
  report.cases.resize(2);
  const std::string page = page_of(report);
  CHECK_THAT(page, Contains("value=\"fail\" aria-pressed=\"true\""));
  CHECK_THAT(page, Contains("<b>1</b> ok (SHOULD)</button>"));
  CHECK(page.find("value=\"undecided\"") == std::string::npos);
}

TEST_CASE("html_shows_what_was_asked_and_tried_folded_where_it_is_long") {
  RunReport report = with_story();
  CHECK(page_of(report).find("class=\"route\"") == std::string::npos);
  verdict::CaseSummary& summary = report.cases[1].verdict.summary;
  summary.route = {{minutes(1), verdict::StepKind::query, 0, "", "MX of <a.test>: noerror"},
                   {minutes(2), verdict::StepKind::connection, 4, "mx1.a.test", "452 Full"}};
  const std::string page = case_of(page_of(report), "greylist/greylisted");
  CHECK_THAT(page,
             Contains("open><summary>Names asked for and hosts tried: 1 query, 1 connection<"));
  CHECK_THAT(page, Contains("<td>name server</td><td>MX of &lt;a.test&gt;: noerror</td>"));
  CHECK_THAT(page, Contains("<td>mx1.a.test</td><td>452 Full</td>"));
  summary.route.resize(20, summary.route.front());
  summary.route_left_out = 7;
  const std::string longer = case_of(page_of(report), "greylist/greylisted");
  CHECK_THAT(longer, Contains("\"fold\"><summary>Names asked for"));
  CHECK_THAT(longer, Contains("… and 7 more"));
}
