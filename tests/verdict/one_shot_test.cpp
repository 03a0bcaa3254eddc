// The next message after a failure, copies sent blindly, and commands that do not end.
#include "one_shot.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::verdict::test;
using namespace std::chrono_literals;
using journal::event::EndedBy;
using journal::event::ProcessEnd;
using scenario::Stage;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;
constexpr auto none = Outcome::not_applicable;

/// One process is given two messages; the first is refused.
Conversation two_messages(std::string_view refusal = "452 4.2.2 Full") {
  Conversation talk;
  talk.run(one_shot_run());
  talk.handover("1", {"b1@rcpt.test"}).handover("2", {"b2@rcpt.test"}).sender_started();
  talk.session(1, 1s).ehlo().mail();
  if (refusal.empty())
    talk.end(EndedBy::server, Stage::rcpt);
  else
    talk.rcpt(refusal, "b1@rcpt.test");
  return talk;
}

Conversation ended(Conversation talk, int status) {
  journal::event::Process process;
  process.exit_code = status;
  process.handover = "1 2";
  return talk.process(process);
}

Conversation second_delivered(Conversation talk) {
  return talk.mail()
      .rcpt("250 Ok", "b2@rcpt.test")
      .data()
      .content("m2@sender.test")
      .message()
      .quit();
}

/// The answer after the content is lost, and the same comes again after so long.
Conversation sent_again(Duration after, double time_scale = 1, bool scaled_timeouts = true) {
  Conversation talk = met_once(Meets::lost_after_dot);
  journal::event::Run run = one_shot_run(time_scale);
  run.scaled_timeouts = scaled_timeouts;
  talk.run(run);
  talk.session(2, 1s + after).ehlo().deliver();
  return talk.sender_ended(0);
}

/// Its only connection ended after a second; it was ended so long after its start.
Conversation ended_by_tempfail(Duration at, double time_scale = 1, Meets meets = Meets::accepted) {
  Conversation talk = met_once(meets);
  talk.run(one_shot_run(time_scale)).finish(Moment(at));
  return talk.sender_ended(137, false, ProcessEnd::timeout);
}

} // namespace

TEST_CASE("next-message: on the same connection, or on another") {
  CHECK(outcome_of(
            ended(second_delivered(two_messages().exchange(Stage::rset, "RSET", "250 Ok")), 75),
            "next-message") == pass);
  Conversation talk = two_messages("");
  talk.session(2, 2s).ehlo();
  CHECK(outcome_of(ended(second_delivered(talk), 75), "next-message") == pass);
}

TEST_CASE("next-message: one that never comes is lost, whatever is said of it") {
  for (const int status : {0, 1, 75}) {
    CHECK(outcome_of(ended(two_messages().quit(), status), "next-message") == fail);
    CHECK(outcome_of(ended(two_messages(""), status), "next-message") == fail);
  }
  const Finding found =
      finding(judge(expecting({}), ended(two_messages().quit(), 1).journal()), "next-message");
  CHECK(found.actual.find("after message 1 had failed, message 2 never reached") !=
        std::string::npos);
}

TEST_CASE("next-message: one that is refused came as well") {
  Conversation talk = two_messages().exchange(Stage::rset, "RSET", "250 Ok");
  talk.mail("452 4.2.2 Full").quit();
  CHECK(outcome_of(ended(talk, 75), "next-message") == pass);
}

TEST_CASE(
    "next-message: nothing failed, or another process has the next one, or the process was ended") {
  Conversation talk;
  talk.run(one_shot_run());
  talk.handover("1", {"b1@rcpt.test"}).handover("2", {"b2@rcpt.test"}).sender_started();
  talk.session(1, 1s)
      .ehlo()
      .mail()
      .rcpt("250 Ok", "b1@rcpt.test")
      .data()
      .content()
      .message()
      .quit();
  CHECK(outcome_of(ended(talk, 0), "next-message") == none);

  journal::event::Process first;
  first.handover = "1";
  first.exit_code = 75;
  journal::event::Process second;
  second.handover = "2";
  CHECK(outcome_of(two_messages().quit().process(first).process(second), "next-message") == none);

  journal::event::Process killed;
  killed.handover = "1 2";
  killed.exit_code = 137;
  killed.ended = ProcessEnd::timeout;
  CHECK(outcome_of(two_messages().quit().process(killed), "next-message") == none);
}

TEST_CASE("no-blind-resend: a copy sent at once, of which nobody knows whether it is the second") {
  CHECK(outcome_of(sent_again(100ms), "no-blind-resend") == fail);
  CHECK(outcome_of(sent_again(59s), "no-blind-resend") == fail);
  CHECK(outcome_of(sent_again(62s), "no-blind-resend") == pass);
  CHECK(outcome_of(met_once(Meets::lost_after_dot).sender_ended(75), "no-blind-resend") == pass);
}

TEST_CASE("no-blind-resend: at a high time scale it takes a machine a while to be at once") {
  CHECK(outcome_of(sent_again(62s, 3600), "no-blind-resend") == fail); // 17 ms
  CHECK(outcome_of(sent_again(80s, 3600), "no-blind-resend") == pass);
}

TEST_CASE("no-blind-resend: a program whose pauses are real makes none of a few seconds") {
  CHECK(outcome_of(sent_again(9min, 60, false), "no-blind-resend") == fail);
  CHECK(outcome_of(sent_again(11min, 60, false), "no-blind-resend") == pass);
  CHECK(outcome_of(sent_again(62s, 1, false), "no-blind-resend") == pass);
}

TEST_CASE("no-blind-resend: what was refused, or lost before its end, is no doubt") {
  for (const Meets meets : {Meets::refused_for_now, Meets::lost_early}) {
    Conversation talk = met_once(meets);
    talk.session(2, 2s).ehlo().deliver();
    CHECK(outcome_of(talk.sender_ended(0), "no-blind-resend") == none);
  }
}

TEST_CASE(
    "ends-in-time: a command that ends, and one that is still there with nothing to wait for") {
  CHECK(outcome_of(met_once(Meets::accepted).sender_ended(0), "ends-in-time") == pass);
  CHECK(outcome_of(ended_by_tempfail(12min), "ends-in-time") == fail);
  CHECK(outcome_of(ended_by_tempfail(9min), "ends-in-time") == Outcome::undecided);
  // At a high scale ten minutes are no time: five real seconds are asked for.
  CHECK(outcome_of(ended_by_tempfail(4h, 3600), "ends-in-time") == Outcome::undecided);
  CHECK(outcome_of(ended_by_tempfail(6h, 3600), "ends-in-time") == fail);
}

TEST_CASE(
    "ends-in-time: who has a connection open waits for the server, and `waits` says how long") {
  Conversation talk;
  talk.run(one_shot_run()).handover().sender_started().session(1, 1s).ehlo().mail();
  talk.finish(12h).sender_ended(137, false, ProcessEnd::timeout);
  CHECK(outcome_of(talk, "ends-in-time") == Outcome::undecided);
}

TEST_CASE("ends-in-time: it is asked of those alone that say that they try once") {
  Conversation talk = ended_by_tempfail(12min).run({});
  CHECK(outcome_of(talk, "ends-in-time") == none);
}

TEST_CASE("next-message: connections that failed before MAIL may have been for either") {
  Conversation talk;
  talk.run(one_shot_run());
  talk.handover("1", {"b1@rcpt.test"}).handover("2", {"b2@rcpt.test"}).sender_started();
  talk.session(1, 1s, "421 Busy").end(EndedBy::server, Stage::greeting);
  CHECK(outcome_of(ended(talk, 75), "next-message") == fail);
  talk.session(2, 2s, "421 Busy").end(EndedBy::server, Stage::greeting);
  CHECK(outcome_of(ended(talk, 75), "next-message") != fail);
}

TEST_CASE("next-message: a message of which nobody knows whether it was accepted has failed, too") {
  Conversation talk;
  talk.run(one_shot_run());
  talk.handover("1", {"b1@rcpt.test"}).handover("2", {"b2@rcpt.test"}).sender_started();
  talk.session(1, 1s).ehlo().mail().rcpt("250 Ok", "b1@rcpt.test").data().content();
  talk.silence("close", true).end(EndedBy::server, Stage::message);
  CHECK(outcome_of(ended(talk, 75), "next-message") == fail);
}

TEST_CASE(
    "no-blind-resend: it is all the same whether the copy of which nobody knows was accepted") {
  for (const bool accepted : {true, false}) {
    Conversation talk;
    talk.run(one_shot_run()).handover().sender_started().session(1, 1s).ehlo().mail().rcpt().data();
    talk.content().silence("close", accepted).end(EndedBy::server, Stage::message);
    talk.session(2, 2s).ehlo().deliver();
    CHECK(outcome_of(talk.sender_ended(0), "no-blind-resend") == fail);
  }
}
