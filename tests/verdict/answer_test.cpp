// The table of answers, line by line: which facts lead to which answer, and what becomes of a whole run.
#include "conversation.hpp"
#include "findings.hpp"
#include "report/report.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::report;
using scenario::Level;
using scenario::Stage;
using std::chrono::minutes;
using test::Conversation;
using test::expecting;
using test::finding;
using test::must;

namespace {

Finding found(Level level, Outcome outcome) {
  Finding finding;
  finding.rule = "retry";
  finding.level = level;
  finding.outcome = outcome;
  return finding;
}

CaseVerdict with(std::vector<Finding> findings) {
  CaseVerdict verdict;
  verdict.scenario = "disk-full";
  verdict.findings = std::move(findings);
  return verdict;
}

/// A case with this answer, whether or not a SHOULD decides.
CaseVerdict answering(Answer answer) {
  CaseVerdict verdict = with({found(Level::must, Outcome::pass)});
  if (answer == Answer::error) verdict.run_error = "no port";
  if (answer == Answer::not_applicable) verdict.not_applicable = "no TLS";
  if (answer == Answer::fail) verdict.findings.push_back(found(Level::must, Outcome::fail));
  if (answer == Answer::undecided)
    verdict.findings.push_back(found(Level::must, Outcome::undecided));
  if (answer == Answer::not_met) verdict.met = false;
  if (answer == Answer::ok_but) verdict.findings.push_back(found(Level::should, Outcome::fail));
  return verdict;
}

RunReport run_of(const std::vector<Answer>& answers) {
  RunReport report;
  for (const Answer answer : answers) {
    report.cases.emplace_back();
    report.cases.back().verdict = answering(answer);
  }
  return report;
}

CaseVerdict judged(const Conversation& talk) {
  return judge(expecting({must("retry")}), talk.journal());
}

} // namespace

TEST_CASE("answer_of_each_fact") {
  for (const Answer answer : {Answer::error, Answer::not_applicable, Answer::fail,
                              Answer::undecided, Answer::not_met, Answer::ok_but, Answer::ok}) {
    INFO(to_string(answer));
    CHECK(answering(answer).answer(false) == answer);
  }
  CHECK(answering(Answer::ok_but).answer(true) == Answer::fail);
  CHECK(answering(Answer::ok).answer(true) == Answer::ok);
}

TEST_CASE("answer_is_the_first_line_that_applies") {
  CaseVerdict verdict = answering(Answer::ok_but);
  verdict.met = false;
  CHECK(verdict.answer(false) == Answer::not_met);
  verdict.findings.push_back(found(Level::must, Outcome::undecided));
  CHECK(verdict.answer(false) == Answer::undecided);
  verdict.findings.push_back(found(Level::must, Outcome::fail));
  CHECK(verdict.answer(false) == Answer::fail);
  verdict.not_applicable = "exit status 89";
  CHECK(verdict.answer(false) == Answer::not_applicable);
  verdict.run_error = "no port";
  CHECK(verdict.answer(false) == Answer::error);
}

TEST_CASE("answer_what_could_not_fail_the_case_does_not_leave_it_open") {
  const CaseVerdict verdict = with({found(Level::should, Outcome::undecided)});
  CHECK(verdict.answer(false) == Answer::ok);
  CHECK(verdict.answer(true) == Answer::undecided);
}

TEST_CASE("run_error_before_failed_before_undecided_before_ok") {
  CHECK(run_of({Answer::ok, Answer::not_met, Answer::not_applicable, Answer::ok_but}).result() ==
        RunResult::ok);
  CHECK(run_of({Answer::ok, Answer::undecided}).result() == RunResult::undecided);
  CHECK(run_of({Answer::undecided, Answer::fail}).result() == RunResult::failed);
  CHECK(run_of({Answer::error, Answer::fail}).result() == RunResult::error);
}

TEST_CASE("run_in_which_nothing_was_judged_is_undecided") {
  CHECK(run_of({}).result() == RunResult::undecided);
  CHECK(run_of({Answer::not_met, Answer::not_applicable}).nothing_was_judged());
  CHECK(run_of({Answer::not_met}).result() == RunResult::undecided);
  RunReport report = run_of({Answer::ok, Answer::not_met});
  CHECK(report.result() == RunResult::ok);
  report.cases[0].verdict.scenario = "healthy"; // in which nothing fails
  CHECK(report.result() == RunResult::undecided);
  report.cases.pop_back(); // nothing else was asked for
  CHECK(report.result() == RunResult::ok);
}

TEST_CASE("run_can_require_that_every_case_is_met") {
  RunReport report = run_of({Answer::ok, Answer::not_met});
  report.require_met = true;
  CHECK(report.result() == RunResult::undecided);
  report.cases[1].expected = {{"disk-full", "", Answer::not_met}};
  CHECK(report.result() == RunResult::ok);
}

TEST_CASE("answer_no_connection_is_a_failure_of_the_sender") {
  for (const int status : {0, 1, 75, 128 + 9}) {
    Conversation talk;
    talk.sender_started().sender_ended(status);
    const CaseVerdict verdict = judged(talk);
    CHECK(verdict.answer(false) == Answer::fail);
    REQUIRE(verdict.findings.size() == 1); // the cause is told, and nothing that follows from it
    CHECK(finding(verdict, "connects").actual ==
          "no connection arrived; the command exited with status " + std::to_string(status));
  }
}

TEST_CASE("answer_only_who_has_asked_for_the_scenarios_own_names_need_not_have_come") {
  scenario::Scenario names = test::expecting({});
  names.names.emplace();
  const auto judged_after = [&names](bool own) {
    Conversation talk;
    talk.sender_started().asked("mail.sender.test", own).sender_ended(0);
    return judge(names, talk.journal());
  };
  CHECK(finding(judged_after(false), "connects").outcome == Outcome::fail);
  CHECK(finding(judged_after(true), "connects").outcome == Outcome::not_applicable);
}

TEST_CASE("answer_a_command_that_can_not_be_started_is_an_error") {
  for (const int status : {126, 127}) {
    Conversation talk;
    talk.sender_started().sender_ended(status);
    CHECK(judged(talk).answer(false) == Answer::error);
    CHECK(judged(talk).run_error ==
          "the command could not be started (exit status " + std::to_string(status) + ")");
    Conversation came;
    came.sender_started().session(1, minutes(0)).ehlo().refused().sender_ended(status);
    CHECK(judged(came).answer(false) != Answer::error); // for it did something
  }
}

TEST_CASE("answer_exit_status_89_declares_unless_something_was_accepted") {
  Conversation talk;
  talk.sender_started().sender_ended(89);
  CHECK(judged(talk).answer(true) == Answer::not_applicable);
  CHECK(judged(talk).not_applicable == "the sender does not support this (exit status 89)");
  Conversation looked;
  looked.sender_started().session(1, minutes(0)).ehlo().quit().sender_ended(89);
  CHECK(judged(looked).answer(true) == Answer::not_applicable);
  Conversation sent;
  sent.sender_started().session(1, minutes(0)).ehlo().deliver().sender_ended(89);
  CHECK(judged(sent).answer(true) != Answer::not_applicable);
  Conversation one_of_two;
  one_of_two.sender_started().sender_started().sender_ended(89).sender_ended(0);
  CHECK(judged(one_of_two).answer(true) == Answer::fail);
}

TEST_CASE("answer_a_command_that_was_ended_before_it_came_leaves_the_case_open") {
  Conversation talk;
  talk.sender_started().sender_timed_out();
  CHECK(judged(talk).answer(false) == Answer::undecided);
  Conversation torn;
  torn.sender_started();
  CHECK(judged(torn).answer(false) == Answer::undecided);
}

TEST_CASE("answer_where_nobody_was_sent_nobody_is_missed") {
  const CaseVerdict nothing = judge(expecting({must("retry")}), journal::Journal{});
  CHECK(nothing.answer(true) == Answer::not_met);
  CHECK(nothing.not_met == "no connection arrived");
  CHECK(nothing.findings.empty());
}
