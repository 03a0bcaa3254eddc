// A report with something of everything.
#include "sample_report.hpp"

#include <chrono>

namespace tempfail::report::test {
namespace {

using namespace verdict;
using scenario::Level;

Finding finding(std::string rule, Level level, Outcome outcome, std::string actual) {
  Finding f;
  f.rule = std::move(rule);
  f.requirement = "A temporary refusal (4xx) or a lost connection is retried.";
  f.source = "RFC 5321 section 4.2.1";
  f.keyword = level == Level::must ? Keyword::should_not : Keyword::should;
  if (level == Level::must) f.reason = "asking <again> can't help";
  f.level = level;
  f.outcome = outcome;
  f.expected = outcome == Outcome::fail ? "30m to 4h after the first failure" : "";
  f.actual = std::move(actual);
  return f;
}

CaseResult result(std::string family, std::string name, std::vector<Finding> findings) {
  CaseResult r;
  r.verdict.family = std::move(family);
  r.verdict.scenario = std::move(name);
  r.verdict.findings = std::move(findings);
  r.verdict.watched = std::chrono::hours(6);
  r.seconds = 2.125;
  r.journal_file = r.verdict.scenario + ".jsonl";
  r.output_file = r.verdict.scenario + ".log";
  return r;
}

} // namespace

RunReport sample_report() {
  RunReport report;
  report.version = "0.1.0";
  report.command = "mailer --to '<b@rcpt.test>' & \"more\"";
  report.seed = 18446744073709551615U;
  report.time_scale = 3600;
  report.cases.push_back(
      result("disk", "disk-full",
             {finding("retry", Level::must, Outcome::pass, "1 delivery tried again"),
              finding("back-off", Level::should, Outcome::fail, "intervals 1h, 1h"),
              finding("jitter", Level::should, Outcome::not_applicable, "")}));
  Finding early = finding("first-retry", Level::must, Outcome::fail, "b@rcpt.test: after 29m48s");
  early.near_miss = "12s too early";
  early.evidence = {
      {std::chrono::milliseconds(30), 1, "RCPT TO:<b@rcpt.test> -> 451 4.7.1 <later> & \"soon\""},
      {std::chrono::minutes(30), 2, "evil \x1b[2J \xFF ]]> \xE2\x80\xAE J\xC3\xBCrgen"}};
  report.cases.push_back(
      result("greylist", "greylisted",
             {early, finding("retry", Level::must, Outcome::fail, "not tried again")}));
  report.cases.push_back(result("greylist", "greylisted-long", {}));
  report.cases.back().verdict.run_error = "the command could not be started (exit status 127)";
  report.cases.push_back(result("quota", "mailbox-full",
                                {finding("retry", Level::must, Outcome::fail, "not tried again")}));
  report.cases.back().expected = {{"mailbox-full", "retry", Answer::fail}};
  report.cases.push_back(result("quota", "mailbox-busy",
                                {finding("retry", Level::must, Outcome::pass, "tried again")}));
  report.cases.back().expected = {{"mailbox-busy", "", Answer::fail}};
  report.cases.push_back(result(
      "queue", "queue-stopped",
      {finding("retry", Level::must, Outcome::undecided, "still waiting when the watch ended")}));
  report.cases.push_back(result("tls", "certificate-expired",
                                {finding("sequence", Level::must, Outcome::pass, "in order")}));
  report.cases.back().verdict.met = false;
  report.cases.back().verdict.not_met = "no TLS was begun on this connection";
  report.cases.push_back(result("tls", "handshake-reset", {}));
  report.cases.back().verdict.not_applicable = "the sender does not support this (exit status 89)";
  report.cases.push_back(result("", "healthy",
                                {finding("delivered", Level::must, Outcome::pass, "exactly once"),
                                 finding("sequence", Level::must, Outcome::pass, "in order")}));
  return report;
}

RunReport full_report() {
  RunReport report = sample_report();
  report.sender = "postfix";
  report.sender_version = "Postfix 3.7.11";
  report.date = "2026-05-01 12:00 UTC";
  report.invocation = "tempfail test --strict --sender postfix";
  report.invocation_begin = "tempfail test ";
  report.invocation_end = " --strict --sender postfix";
  report.shard = {2, 3};
  report.require_met = true;
  report.tls_policy = scenario::TlsPolicy::verified;
  CaseSummary& summary = report.cases.front().verdict.summary;
  summary.server = "The disk is full <for a while>";
  summary.description = "It is cleaned up every 45 minutes.";
  summary.tries = 3;
  summary.deliveries = 2;
  summary.delivered = 1;
  summary.timelines_left_out = 1;
  DeliveryTimeline timeline;
  timeline.recipient = "a@rcpt.test";
  timeline.message = 2;
  timeline.delivered = true;
  timeline.left_out = 7;
  timeline.next = RetryWindow{std::chrono::minutes(30), std::chrono::hours(4)};
  for (const std::string_view result :
       {"accepted", "transient", "permanent", "trouble", "abandoned", "cut off"})
    timeline.tries.push_back({std::chrono::seconds(1), std::chrono::seconds(2), 3, result,
                              "452 4.3.1 Full", "mx1.rcpt.test"});
  summary.timelines.push_back(timeline);
  timeline.next = RetryWindow{std::chrono::minutes(30), std::nullopt};
  summary.timelines.push_back(timeline);
  ConnectionDialogue connection;
  connection.session = 4;
  connection.host = "mx1.rcpt.test";
  connection.client = "127.0.0.1";
  connection.left_out = 9;
  using journal::Speaker;
  connection.lines = {{std::chrono::seconds(1), Speaker::server, "220 hello"},
                      {std::chrono::seconds(2), Speaker::client, "EHLO \x1b[2J me"},
                      {std::chrono::seconds(3), Speaker::note, "the client closed the connection"}};
  summary.dialogues.push_back(connection);
  summary.dialogues_left_out = 5;
  summary.route = {
      {std::chrono::seconds(1), StepKind::query, 0, "",
       "MX of rcpt.test: noerror, 10 mx1.rcpt.test."},
      {std::chrono::seconds(2), StepKind::port, 0, "mx1.rcpt.test",
       "the port refuses <connections>"},
      {std::chrono::seconds(3), StepKind::connection, 4, "mx2.rcpt.test", "452 4.3.1 Full"}};
  summary.route_left_out = 11;
  report.cases[2].mail_files = {"cases/a/message.eml", "cases/a/received-1 <x>.eml"};
  report.cases[1].verdict.role = "one-shot";
  report.cases[1].verdict.role_is_declared = true;
  report.cases[3].expected.front().reason = "the queue is not built yet";
  return report;
}

} // namespace tempfail::report::test
