// What a sender that tries once does apart from what it says: the bounds of its time, and what counts as a failure
// after which it must go on.
#include "one_shot.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::verdict::test;
using journal::event::EndedBy;
using journal::event::ProcessEnd;
using scenario::Stage;
using namespace std::chrono_literals;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;
constexpr auto none = Outcome::not_applicable;

Finding found(const Conversation& talk, std::string_view rule) {
  return finding(judge(expecting({}), talk.journal()), rule);
}

/// A process with so many messages, of which the first one meets this.
Conversation first_meets(Meets meets, int messages = 2) {
  Conversation talk;
  talk.run(one_shot_run());
  for (int i = 1; i <= messages; ++i)
    talk.handover(std::to_string(i), {"b" + std::to_string(i) + "@rcpt.test"});
  talk.sender_started().session(1, 1s).ehlo().mail();
  constexpr const char* to = "b1@rcpt.test";
  switch (meets) {
  case Meets::accepted: talk.rcpt("250 Ok", to).data().content().message().quit(); break;
  case Meets::refused_for_now: talk.rcpt("452 Full", to).quit(); break;
  case Meets::refused_for_good: talk.rcpt("550 No", to).quit(); break;
  case Meets::lost_early: talk.rcpt("250 Ok", to).end(EndedBy::server, Stage::data); break;
  case Meets::lost_after_dot:
    talk.rcpt("250 Ok", to).data().content().silence("close", false);
    talk.end(EndedBy::server, Stage::message);
    break;
  case Meets::nobody: talk.rcpt("250 Ok", to).quit(); break;
  }
  return talk;
}

Moment last_moment(const Conversation& talk) {
  const journal::Journal journal = talk.journal();
  return journal.events().back().time;
}

/// A message for one recipient, whose first try is `before` and whose second one is accepted so long after it.
template <typename Before>
Outcome resent(Before&& before, Duration after, std::string_view role = "one-shot") {
  journal::event::Run run;
  run.role = role;
  Conversation talk;
  talk.run(run).handover().sender_started().session(1, 1s).ehlo().mail().rcpt();
  before(talk);
  talk.session(2, last_moment(talk) + after).ehlo().deliver();
  return outcome_of(talk.sender_ended(0), "no-blind-resend");
}

void unanswered(Conversation& talk) {
  talk.data().content().silence("close", false).end(EndedBy::server, Stage::message);
}

/// A declared one-shot sender whose last connection closes a second after it began, and which is ended so long after.
Conversation stays(Duration after, double scale = 1, std::string_view role = "one-shot") {
  journal::event::Run run;
  run.role = role;
  run.time_scale = scale;
  Conversation talk;
  talk.run(run).handover().sender_started().session(1, 1s).ehlo().deliver();
  return talk.resume(0, last_moment(talk) + after).sender_timed_out();
}

} // namespace

TEST_CASE("next_message_is_asked_after_every_kind_of_failure") {
  for (const Meets what : {Meets::refused_for_now, Meets::refused_for_good, Meets::lost_early,
                           Meets::lost_after_dot}) {
    const Finding lost = found(first_meets(what).sender_ended(75), "next-message");
    CHECK(lost.outcome == fail);
    CHECK(lost.actual == "after message 1 had failed, message 2 never reached the server");
    CHECK(lost.evidence.size() == 1);
    Conversation came = first_meets(what);
    came.session(2, 2s).ehlo().mail().rcpt("250 Ok", "b2@rcpt.test");
    came.data().content().message().quit().sender_ended(75);
    CHECK(found(came, "next-message").outcome == pass);
  }
  for (const Meets what : {Meets::accepted, Meets::nobody})
    CHECK(found(first_meets(what).sender_ended(75), "next-message").outcome == none);
}

TEST_CASE("next_message_is_asked_of_a_process_that_came_to_its_own_end") {
  CHECK(found(first_meets(Meets::refused_for_now), "next-message").outcome == none);
  CHECK(found(first_meets(Meets::refused_for_now).sender_timed_out(), "next-message").outcome ==
        none);
}

TEST_CASE("next_message_tells_of_the_first_one_that_came") {
  Conversation talk = first_meets(Meets::refused_for_now, 3);
  for (std::uint64_t i = 2; i <= 3; ++i) {
    talk.session(i, i * 1s).ehlo().mail().rcpt("250 Ok", "b" + std::to_string(i) + "@rcpt.test");
    talk.data().content().message().quit();
  }
  CHECK(found(talk.sender_ended(75), "next-message").actual ==
        "after message 1 had failed, message 2 reached the server");
}

TEST_CASE("next_message_may_have_been_what_a_connection_without_mail_was_for") {
  // One such connection accounts for one message.
  const auto looked = [](int messages) {
    Conversation talk = first_meets(Meets::refused_for_now, messages);
    talk.session(2, 1h).ehlo().quit();
    return found(talk.sender_ended(75), "next-message");
  };
  CHECK(looked(2).outcome == none);
  CHECK(looked(2).actual ==
        "connections failed before MAIL, so which message they were for is unknown");
  CHECK(looked(3).outcome == fail);
}

TEST_CASE("next_message_shows_the_failure_of_the_first_recipient_if_that_was_tried") {
  Conversation talk;
  talk.run(one_shot_run()).handover("1", {"b@rcpt.test", "c@rcpt.test"}).handover("2");
  talk.sender_started().session(1, 1s).ehlo().mail().rcpt("550 No", "c@rcpt.test").quit();
  const Finding finding = found(talk.sender_ended(75), "next-message");
  CHECK(finding.outcome == fail);
  CHECK(finding.evidence.empty());
}

TEST_CASE("no_blind_resend_is_about_what_was_said_to_its_end_and_not_answered") {
  CHECK(resent(unanswered, 1min - 1us) == fail);
  CHECK(resent(unanswered, 1min) == pass);
  const auto unheard = [](Conversation& talk) {
    talk.data().content().silence("close", true).end(EndedBy::server, Stage::message);
  };
  CHECK(resent(unheard, 1s) == fail);
  const auto early = [](Conversation& talk) { talk.end(EndedBy::server, Stage::data); };
  CHECK(resent(early, 1s) == none);
  const auto refused = [](Conversation& talk) { talk.data().content().message("452 Full").quit(); };
  CHECK(resent(refused, 1s) == none);
  const auto heard = [](Conversation& talk) { talk.data().content().message().quit(); };
  CHECK(resent(heard, 1s) == none);
}

TEST_CASE("no_blind_resend_is_asked_of_declared_one_shot_senders") {
  CHECK(resent(unanswered, 1s, "queueing") == none);
  CHECK(resent(unanswered, 1s, "") == none);
  // Both tries are shown.
  Conversation talk = met_once(Meets::lost_after_dot);
  talk.session(2, 2s).ehlo().deliver();
  const Finding twice = found(talk.sender_ended(0), "no-blind-resend");
  REQUIRE(twice.evidence.size() == 2);
  CHECK(twice.evidence[0].session == 1);
  CHECK(twice.evidence[1].session == 2);
}

TEST_CASE("ends_in_time_is_ten_minutes_after_the_last_connection_or_five_real_seconds") {
  CHECK(outcome_of(stays(10min), "ends-in-time") == fail);
  CHECK(outcome_of(stays(10min - 1us), "ends-in-time") == Outcome::undecided);
  CHECK(outcome_of(stays(5h, 3600), "ends-in-time") == fail);
  CHECK(outcome_of(stays(5h - 1us, 3600), "ends-in-time") == Outcome::undecided);
  CHECK(outcome_of(stays(5h, 3600, "queueing"), "ends-in-time") == none);
  CHECK(outcome_of(stays(5h, 3600, ""), "ends-in-time") == none);
}

TEST_CASE("ends_in_time_is_open_where_a_connection_was") {
  Conversation hangs;
  hangs.run(one_shot_run()).handover().sender_started().session(1, 1s).ehlo().deliver();
  hangs.session(2, 2s).ehlo().mail().resume(0, 1h).sender_timed_out();
  CHECK(outcome_of(hangs, "ends-in-time") == Outcome::undecided);
  Conversation late;
  late.run(one_shot_run()).handover().sender_started().session(1, 1s).ehlo().deliver();
  late.resume(0, 1h).sender_timed_out().session(2, 2h).ehlo().quit();
  CHECK(outcome_of(late, "ends-in-time") == Outcome::undecided);
}

TEST_CASE("ends_in_time_is_not_known_of_a_process_that_goes_on") {
  Conversation talk;
  talk.run(one_shot_run()).handover().sender_started().session(1, 1s).ehlo().deliver();
  CHECK(outcome_of(talk, "ends-in-time") == none);
  CHECK(outcome_of(talk.sender_ended(0), "ends-in-time") == pass);
  // Of two processes one was ended, and another one ended by itself after that.
  Conversation two = stays(1min);
  two.sender_started().sender_ended(0);
  CHECK(outcome_of(two, "ends-in-time") == Outcome::undecided);
}
