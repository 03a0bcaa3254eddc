// What a one-shot sender tells its caller, held against what became of the message.
#include "one_shot.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::verdict::test;
using namespace std::chrono_literals;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;
constexpr auto none = Outcome::not_applicable;

struct Row {
  Meets meets;
  Outcome failure;
  Outcome success;
  Outcome doubt;
  Outcome kind;
};

void check(const Conversation& talk, const Row& row) {
  CHECK(outcome_of(talk, "reports-failure") == row.failure);
  CHECK(outcome_of(talk, "reports-success") == row.success);
  CHECK(outcome_of(talk, "reports-doubt") == row.doubt);
  CHECK(outcome_of(talk, "reports-kind") == row.kind);
}

/// Every outcome of each kind of exit status and, the same, of each word of a result file.
void check_said(int status, std::string_view word, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO("exit status " << status << ", result " << word << ", met "
                        << static_cast<int>(row.meets));
    check(met_once(row.meets).sender_ended(status), row);
    // The result file wins over the exit status.
    if (!word.empty())
      check(met_once(row.meets).result("1", word).sender_ended(status == 0 ? 1 : 0), row);
  }
}

const std::vector<std::string> two = {"b1@rcpt.test", "b2@rcpt.test"};

/// The first of two recipients is accepted, and the second refused; they share the transaction.
Conversation one_of_two(std::string_view refusal = "550 5.1.1 Unknown") {
  Conversation talk;
  talk.run(one_shot_run()).handover("1", two).sender_started().session(1, 1s).ehlo().mail();
  talk.rcpt("250 Ok", two[0]).rcpt(refusal, two[1]);
  return talk.data().content().message().quit();
}

journal::event::Result line(std::string_view recipient, std::string_view result, int code = 0,
                            std::string_view status = {}) {
  return {"1", recipient, result, code, status};
}

/// What `reports-status` makes of a line about a message that met this.
Finding status_said(Meets meets, int code, std::string_view status) {
  Conversation talk = met_once(meets);
  talk.result(line("b@rcpt.test", "temporary", code, status)).sender_ended(75);
  return finding(judge(expecting({}), talk.journal()), "reports-status");
}

} // namespace

TEST_CASE("claims: who says that it was sent") {
  check_said(0, "delivered",
             {{Meets::accepted, none, pass, none, none},
              {Meets::refused_for_now, fail, none, none, none},
              {Meets::refused_for_good, fail, none, none, none},
              {Meets::lost_early, fail, none, none, none},
              {Meets::lost_after_dot, none, none, fail, none}});
}

TEST_CASE("claims: who says that it failed temporarily") {
  for (const int status : {71, 74, 75})
    check_said(status, "temporary",
               {{Meets::accepted, none, fail, none, none},
                {Meets::refused_for_now, pass, none, none, pass},
                {Meets::refused_for_good, pass, none, none, fail},
                {Meets::lost_early, pass, none, none, pass},
                {Meets::lost_after_dot, none, none, pass, pass}});
}

TEST_CASE("claims: who says that it failed for good") {
  for (const int status : {65, 67, 68, 69, 76, 77})
    check_said(status, "permanent",
               {{Meets::accepted, none, fail, none, none},
                {Meets::refused_for_now, pass, none, none, fail},
                {Meets::refused_for_good, pass, none, none, pass},
                {Meets::lost_early, pass, none, none, fail},
                {Meets::lost_after_dot, none, none, fail, pass}});
}

TEST_CASE("claims: who says that it failed, and not how") {
  for (const int status : {1, 2, 64, 66, 70, 78, 134})
    check_said(status, "",
               {{Meets::accepted, none, fail, none, none},
                {Meets::refused_for_now, pass, none, none, none},
                {Meets::refused_for_good, pass, none, none, none},
                {Meets::lost_early, pass, none, none, none},
                {Meets::lost_after_dot, none, none, pass, none}});
}

TEST_CASE("claims: that nobody knows is right in doubt alone") {
  for (const Row& row : {Row{Meets::accepted, none, fail, none, none},
                         Row{Meets::refused_for_now, pass, none, none, fail},
                         Row{Meets::refused_for_good, pass, none, none, fail},
                         Row{Meets::lost_early, pass, none, none, fail},
                         Row{Meets::lost_after_dot, none, none, pass, none}}) {
    INFO(static_cast<int>(row.meets));
    check(met_once(row.meets).result("1", "unknown").sender_ended(0), row);
  }
  CHECK_THAT(
      finding(judge(expecting({}),
                    met_once(Meets::lost_early).result("1", "unknown").sender_ended(0).journal()),
              "reports-kind")
          .actual,
      Catch::Contains("but b@rcpt.test failed temporarily: its content was never sent"));
  CHECK_THAT(
      finding(
          judge(expecting({}),
                met_once(Meets::refused_for_good).result("1", "unknown").sender_ended(0).journal()),
          "reports-kind")
          .actual,
      Catch::Contains("may or may not have been sent, but b@rcpt.test was rejected (5xx)"));
}

TEST_CASE("claims: whether a refusal was read may be in doubt") {
  const auto kind = [](Conversation talk) {
    return outcome_of(talk.result("1", "unknown").sender_ended(75), "reports-kind");
  };
  const auto sends = [] {
    Conversation talk;
    talk.run(one_shot_run()).handover().sender_started();
    talk.session(1, 1s).ehlo().mail().rcpt().data();
    return talk;
  };
  CHECK(kind(sends().content().message("452 4.3.1 Full").quit()) == fail);
  journal::event::Disconnect reset;
  reset.by = journal::event::EndedBy::server;
  reset.stage = scenario::Stage::message;
  CHECK(kind(sends().content().message("452 4.3.1 Full").end(reset)) == fail);
  reset.reset = true; // what was on its way is lost with it
  CHECK(kind(sends().content().message("452 4.3.1 Full").end(reset)) == none);
  // The server hangs up in the middle of the text.
  CHECK(kind(sends()
                 .exchange(scenario::Stage::content, "", "452 4.3.1 Full", "close", 7)
                 .end(journal::event::EndedBy::server, scenario::Stage::content)) == none);
  // The client has waited so long that it may have left without having read it.
  CHECK(kind(sends()
                 .content()
                 .held(scenario::Stage::message, ".", 10min, "452 4.3.1 Full")
                 .end(journal::event::EndedBy::client_closed, scenario::Stage::message)) == none);
}

TEST_CASE("claims: one line for several recipients may doubt where one of them is in doubt") {
  CHECK(outcome_of(one_of_two().result("1", "unknown").sender_ended(75), "reports-kind") == fail);
  Conversation lost;
  lost.run(one_shot_run()).handover("1", two).sender_started().session(1, 1s).ehlo().mail();
  lost.rcpt("250 Ok", two[0]).rcpt("550 5.1.1 Unknown", two[1]).data().content();
  lost.silence("close", true).end(journal::event::EndedBy::server, scenario::Stage::message);
  CHECK(outcome_of(lost.result("1", "unknown").sender_ended(75), "reports-kind") == none);
}

TEST_CASE("claims: exit statuses mean what the user says they mean") {
  journal::event::Process ended;
  ended.exit_code = 4;
  ended.meaning = "temporary";
  const Conversation later = met_once(Meets::refused_for_good).process(ended);
  CHECK(outcome_of(later, "reports-kind") == fail);
  ended.exit_code = 75;
  ended.meaning = "delivered";
  CHECK(outcome_of(met_once(Meets::refused_for_now).process(ended), "reports-failure") == fail);
}

TEST_CASE("claims: what was never sent to the server is a failure, too") {
  Conversation talk;
  talk.run(one_shot_run()).handover().sender_started();
  talk.session(1, 1s).ehlo().quit().sender_ended(0);
  CHECK(outcome_of(talk, "reports-failure") == fail);
}

TEST_CASE("claims: a notification tells of a failure as well") {
  Conversation talk = met_once(Meets::refused_for_good);
  talk.session(2, 5s).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
  talk.content("", std::nullopt, {{"b@rcpt.test", "failed", "5.1.1"}}).message().quit();
  CHECK(outcome_of(talk.sender_ended(0), "reports-failure") == none);
}

TEST_CASE("claims: an exit status speaks of all recipients at once") {
  CHECK(outcome_of(one_of_two().sender_ended(0), "reports-failure") == fail);
  for (const int status : {69, 1}) {
    const Conversation talk = one_of_two().sender_ended(status);
    for (const auto* rule : {"reports-failure", "reports-success", "reports-kind", "reports-each"})
      CHECK(outcome_of(talk, rule) != fail);
  }
  CHECK(outcome_of(one_of_two().sender_ended(75), "reports-kind") == fail);
  CHECK(outcome_of(one_of_two("450 4.2.1 Later").sender_ended(69), "reports-kind") == fail);
}

TEST_CASE("claims: lines speak of each recipient") {
  Conversation right = one_of_two();
  right.result(line(two[0], "delivered")).result(line(two[1], "permanent")).sender_ended(0);
  for (const auto* rule : {"reports-failure", "reports-success", "reports-kind", "reports-each"})
    CHECK(outcome_of(right, rule) != fail);

  Conversation swapped = one_of_two();
  swapped.result(line(two[0], "permanent")).result(line(two[1], "delivered")).sender_ended(69);
  CHECK(outcome_of(swapped, "reports-failure") == fail);
  CHECK(outcome_of(swapped, "reports-success") == fail);
  CHECK(outcome_of(swapped, "reports-each") == pass); // each has a line of its own, however wrong

  Conversation corrected =
      one_of_two(); // the later line counts, and the one that names the recipient
  corrected.result(line(two[0], "permanent")).result(line(two[0], "delivered"));
  corrected.result(line("", "permanent")).sender_ended(69);
  for (const auto* rule : {"reports-failure", "reports-success", "reports-kind", "reports-each"})
    CHECK(outcome_of(corrected, rule) != fail);
}

TEST_CASE(
    "claims: an exit status is right where it is true for a recipient with a line of its own") {
  for (const int status : {69, 1}) {
    Conversation talk = one_of_two();
    talk.result(line(two[1], "permanent")).sender_ended(status);
    for (const auto* rule : {"reports-failure", "reports-success", "reports-kind", "reports-each"})
      CHECK(outcome_of(talk, rule) != fail);
  }
  Conversation other_kind = one_of_two();
  other_kind.result(line(two[1], "permanent")).sender_ended(75);
  CHECK(outcome_of(other_kind, "reports-success") != fail);
  CHECK(outcome_of(other_kind, "reports-kind") == fail);
  // What a line says of a recipient is said by no exit status.
  Conversation sent = one_of_two();
  sent.result(line(two[1], "permanent")).sender_ended(0);
  CHECK(outcome_of(sent, "reports-failure") != fail);
  Conversation all_sent = one_of_two();
  all_sent.result(line(two[0], "delivered")).sender_ended(0);
  CHECK(outcome_of(all_sent, "reports-failure") == fail);
}

TEST_CASE("claims: a doubt stays whatever becomes of a second copy") {
  const auto said = [](std::string_view second, std::string_view word, std::string_view rule) {
    Conversation talk = met_once(Meets::lost_after_dot);
    talk.session(2, 30min).ehlo().mail().rcpt(second).quit().result("1", word).sender_ended(1);
    return outcome_of(talk, rule);
  };
  for (const auto* second : {"450 4.2.1 Later", "550 5.1.1 Unknown"}) {
    CHECK(said(second, "unknown", "reports-kind") != fail);
    CHECK(said(second, "unknown", "reports-doubt") == pass);
    CHECK(said(second, "temporary", "reports-doubt") == pass);
    CHECK(said(second, "permanent", "reports-doubt") == fail);
    CHECK(said(second, "delivered", "reports-doubt") == fail);
  }
}

TEST_CASE("claims: nothing was sent where no port took a connection") {
  const auto said = [](int status, std::string_view rule) {
    Conversation talk;
    talk.run(one_shot_run()).finish(0s).port(scenario::ListenAnswer::refused, 1s);
    talk.handover().sender_started().wait(10s).sender_ended(status);
    talk.port(scenario::ListenAnswer::accepted, 10min).finish(1h);
    return finding(judge(expecting({must("retry")}), talk.journal()), rule);
  };
  CHECK(said(0, "reports-failure").outcome == fail);
  CHECK_THAT(
      said(0, "reports-failure").actual,
      Catch::Contains(
          "reports that the message was sent, but b@rcpt.test was not accepted by any server"));
  for (const int status : {75, 69, 1})
    for (const auto* rule : {"reports-failure", "reports-kind"})
      CHECK(said(status, rule).outcome != fail);
  CHECK(said(0, "retry").actual == "a sender that tries once reports to its caller, who decides");
}

TEST_CASE("claims: a result that can't be read is an error, and no verdict") {
  Conversation talk = met_once(Meets::refused_for_now);
  journal::event::Result problem;
  problem.problem = "the result file result.jsonl: line 1: the line is not a JSON object";
  talk.result(problem).result(problem).sender_ended(0);
  const CaseVerdict verdict = judge(expecting({}), talk.journal());
  CHECK(verdict.answer(false) == Answer::error);
  CHECK(verdict.run_error ==
        "the result file result.jsonl: line 1: the line is not a JSON object (and 1 more like it)");
}

TEST_CASE("claims: a line for all of which some were accepted") {
  CHECK(outcome_of(one_of_two().result("1", "permanent").sender_ended(69), "reports-each") == fail);
  CHECK(outcome_of(one_of_two().result("1", "unknown").sender_ended(69), "reports-each") == pass);
  CHECK(outcome_of(met_once(Meets::accepted).result("1", "permanent").sender_ended(1),
                   "reports-each") == none);
}

TEST_CASE("claims: codes and statuses are the server's") {
  CHECK(status_said(Meets::refused_for_now, 452, "4.2.2").outcome == pass);
  CHECK(status_said(Meets::refused_for_now, 452, "4.0.0").outcome == pass);
  CHECK(status_said(Meets::refused_for_now, 0, "4.2.2").outcome == pass);
  CHECK(status_said(Meets::refused_for_now, 0, "").outcome == none);
  CHECK(status_said(Meets::refused_for_now, 451, "").outcome == fail);
  CHECK(status_said(Meets::refused_for_now, 452, "4.4.2").outcome == fail);
  CHECK(status_said(Meets::refused_for_now, 452, "5.2.2").outcome == fail);
  CHECK(status_said(Meets::refused_for_now, 452, "5.0.0").outcome == fail);
}

TEST_CASE("claims: where no reply came the status is one of networks") {
  for (const Meets lost : {Meets::lost_early, Meets::lost_after_dot}) {
    for (const auto* right : {"4.4.1", "4.4.2", "4.4.7", "4.0.0", "5.4.4"})
      CHECK(status_said(lost, 0, right).outcome == pass);
    CHECK(status_said(lost, 0, "4.3.1").outcome == fail);
    CHECK(status_said(lost, 451, "").outcome == fail);
  }
  const Finding invented = status_said(Meets::lost_early, 421, "");
  CHECK(invented.actual.find("code 421 for b@rcpt.test, but the server sent no reply") !=
        std::string::npos);
}

TEST_CASE("claims: findings name who said what of whom") {
  const Conversation talk = met_once(Meets::refused_for_now).sender_ended(0);
  const Finding found = finding(judge(expecting({}), talk.journal()), "reports-failure");
  CHECK(found.actual ==
        "the command ended with status 0, which reports that the message was sent, but "
        "b@rcpt.test was not accepted");
  REQUIRE(found.evidence.size() == 1);
  CHECK(found.evidence[0].text.find("452 4.2.2 Full") != std::string::npos);
  const Conversation file = met_once(Meets::accepted).result("1", "temporary").sender_ended(0);
  CHECK(finding(judge(expecting({}), file.journal()), "reports-success").actual ==
        "its result file reports that the message failed temporarily, but b@rcpt.test was "
        "accepted");
}

TEST_CASE("claims: nothing is held against who did not say anything yet, or who queues") {
  for (const Meets meets : {Meets::accepted, Meets::refused_for_now}) {
    for (const auto* rule : {"reports-failure", "reports-success", "reports-kind"}) {
      CHECK(outcome_of(met_once(meets), rule) == none);
      CHECK(outcome_of(met_once(meets).sender_timed_out(), rule) == none);
      CHECK(outcome_of(met_once(meets).sender_ended(0, true), rule) == none);
      Conversation queueing;
      journal::event::Run run;
      run.role = "queueing";
      CHECK(outcome_of(met_once(meets).run(run).sender_ended(75), rule) == none);
    }
  }
}

TEST_CASE("claims: a reply in the middle of the content with which the connection ends may not be "
          "heard") {
  for (const bool closed : {true, false}) {
    Conversation talk;
    talk.run(one_shot_run()).handover().sender_started().session(1, 1s).ehlo().mail().rcpt().data();
    talk.exchange(scenario::Stage::content, "", "452 4.3.1 Full", "close");
    if (closed)
      talk.end(journal::event::EndedBy::server, scenario::Stage::content);
    else
      talk.quit();
    talk.result(line("b@rcpt.test", "temporary", 0, "4.4.2")).sender_ended(75);
    CHECK((outcome_of(talk, "reports-status") == fail) == !closed);
  }
}

TEST_CASE("claims: a reply that SMTP does not know is as good as none") {
  Conversation talk;
  talk.run(one_shot_run())
      .handover()
      .sender_started()
      .session(1, 1s)
      .ehlo()
      .mail("what? who?")
      .quit();
  talk.result(line("b@rcpt.test", "temporary", 0, "4.4.2")).sender_ended(75);
  CHECK(outcome_of(talk, "reports-status") != fail);
}

TEST_CASE("claims: a reply that came just as the client hung up may have been read or not") {
  for (const int status : {0, 75, 69}) {
    Conversation talk;
    talk.run(one_shot_run()).handover().sender_started().session(1, 1s).ehlo().mail().rcpt().data();
    talk.content().accepted().held(scenario::Stage::message, ".", 5min, "250 Ok");
    talk.end(journal::event::EndedBy::client_closed, scenario::Stage::idle).sender_ended(status);
    for (const auto* rule : {"reports-failure", "reports-success", "reports-doubt", "reports-kind"})
      CHECK(outcome_of(talk, rule) != fail);
  }
}

TEST_CASE("claims: a client that lost patience may have missed a reply that left a moment before") {
  const auto said = [](Duration asked_before, Duration left_after, double scale = 1) {
    Conversation talk;
    talk.run(one_shot_run(scale)).handover().sender_started();
    talk.session(1, 1h).ehlo().mail().rcpt().data();
    talk.content().accepted();
    journal::event::Exchange taken;
    taken.stage = scenario::Stage::message;
    taken.number = 6;
    taken.asked = 1h + 60ms - asked_before;
    taken.answered = 1h + 60ms;
    taken.reply = "250 Ok\r\n";
    taken.code = 250;
    talk.exchange(taken).wait(left_after);
    talk.end(journal::event::EndedBy::client_closed, scenario::Stage::idle).sender_ended(75);
    return outcome_of(talk, "reports-success");
  };
  CHECK(said(11min, 30s) != fail);
  CHECK(said(11min, 2min) == fail);     // it was there for long
  CHECK(said(5min, 30s) == fail);       // it waited for no reply any more
  CHECK(said(0s, 20min, 3600) == fail); // the reply was there at once
}

TEST_CASE("claims: a reply out of place is no code of a failure") {
  for (const auto& [status, right] :
       {std::pair("4.4.2", true), {"5.5.0", true}, {"4.5.0", true}, {"4.2.2", false}}) {
    Conversation talk;
    talk.run(one_shot_run()).handover().sender_started().session(1, 1s).ehlo().mail().rcpt();
    talk.data("250 Ok").end(journal::event::EndedBy::client_closed, scenario::Stage::data);
    talk.result(line("b@rcpt.test", "temporary", 0, status)).sender_ended(75);
    INFO(status);
    CHECK((outcome_of(talk, "reports-status") == fail) == !right);
  }
}

TEST_CASE("claims_of_a_failure_are_wrong_whoever_makes_them_where_all_was_accepted") {
  const auto success = [](const char* role) {
    Conversation talk;
    journal::event::Run run;
    run.role = role;
    run.time_scale = 1;
    talk.run(run).handover().sender_started().session(1, 0s).refused();
    talk.session(2, 40min).ehlo().deliver().wait(1s).sender_ended(75);
    return test::finding(judge(test::expecting({}), talk.journal()), "reports-success").outcome;
  };
  CHECK(success("") == Outcome::fail); // it tried twice, and its caller sends again
  CHECK(success("one-shot") == Outcome::fail);
  CHECK(success("queueing") == Outcome::not_applicable);
}

TEST_CASE("claims_of_success_are_right_where_nobody_is_to_be_told") {
  const auto failure = [](const char* role, const char* sender) {
    Conversation talk;
    journal::event::Run run;
    run.role = role;
    run.time_scale = 1;
    talk.run(run).handover("1", {"b@rcpt.test"}, sender).sender_started().session(1, 0s).ehlo();
    talk.mail("250 Ok", sender).rcpt("550 5.1.1 No").quit().wait(1s).sender_ended(0);
    return test::finding(judge(test::expecting({}), talk.journal()), "reports-failure").outcome;
  };
  CHECK(failure("", "") == Outcome::not_applicable); // from <>: it is to be thrown away
  CHECK(failure("one-shot", "") == Outcome::fail);
  CHECK(failure("", "a@sender.test") != Outcome::pass);
}
