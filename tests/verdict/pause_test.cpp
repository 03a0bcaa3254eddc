// Whether the judge tells a sender that hammers from one that has a reason to come at once.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t row = 4; ///< so many tries have three pauses between them

Finding pause(const Conversation& talk) {
  return test::finding(judge(test::expecting({}), talk.journal()), "pause");
}

journal::event::Run run(std::string_view role, double scale) {
  journal::event::Run run;
  run.role = role;
  run.time_scale = scale;
  return run;
}

/// Tries that are refused at MAIL, with these pauses between a failure and the next connection.
Conversation refused_with(const std::vector<Duration>& pauses) {
  Conversation talk;
  constexpr Duration until_refused = 30ms; // connect, greeting, EHLO
  Moment at{};
  std::uint64_t number = 1;
  talk.session(number, at).ehlo().refused();
  for (const Duration pause : pauses) {
    at += until_refused + pause;
    talk.session(++number, at).ehlo().refused();
  }
  return talk;
}

using Step = void (*)(Conversation&);

/// So many connections a second apart, each of which does this.
Outcome at_once(Step one, std::size_t count = row) {
  Conversation talk;
  for (std::size_t i = 0; i < count; ++i)
    one(talk.session(i + 1, i * 1s));
  return pause(talk).outcome;
}

} // namespace

TEST_CASE("pause_of_a_minute_is_asked_for") {
  CHECK(pause(refused_with({1min, 1min, 1min})).outcome == Outcome::pass);
  const Finding hasty = pause(refused_with({59s + 999ms, 59s + 999ms, 59s + 999ms}));
  CHECK(hasty.outcome == Outcome::fail);
  CHECK(hasty.expected == "at least 1m pass between a failure and the next try");
  CHECK(hasty.evidence.size() == row);
}

TEST_CASE("pause_is_missed_by_three_tries_in_a_row") {
  CHECK(pause(refused_with({1s, 1s})).outcome == Outcome::pass);
  CHECK(pause(refused_with({1s, 1s, 1s})).outcome == Outcome::fail);
  CHECK(pause(refused_with({1s, 1s, 1min, 1s, 1s})).outcome == Outcome::pass);
  CHECK(pause(refused_with({40min, 1s, 1s, 1s, 40min})).outcome == Outcome::fail);
  CHECK(pause(refused_with({})).outcome == Outcome::not_applicable);
}

TEST_CASE("pause_of_a_one_shot_sender_is_a_second") {
  CHECK(pause(refused_with({1s, 1s, 1s}).run(run("one-shot", 1))).outcome == Outcome::pass);
  CHECK(pause(refused_with({999ms, 999ms, 999ms}).run(run("one-shot", 1))).outcome ==
        Outcome::fail);
  CHECK(pause(refused_with({1s, 1s, 1s}).run(run("queueing", 1))).outcome == Outcome::fail);
}

TEST_CASE("pause_of_a_program_that_scales_nothing_is_a_real_second") {
  const auto of = [](Duration pause_between, bool scaled) {
    journal::event::Run one_shot = run("one-shot", 60);
    one_shot.scaled_timeouts = scaled;
    return pause(refused_with({pause_between, pause_between, pause_between}).run(one_shot)).outcome;
  };
  CHECK(of(59s, false) == Outcome::fail);
  CHECK(of(60s, false) == Outcome::pass);
  CHECK(of(59s, true) == Outcome::pass);
}

TEST_CASE("pause_has_twenty_milliseconds_of_real_time_at_least") {
  CHECK(pause(refused_with({70s, 70s, 70s}).run(run("", 3600))).outcome == Outcome::fail);
  CHECK(pause(refused_with({72s, 72s, 72s}).run(run("", 3600))).outcome == Outcome::pass);
  CHECK(pause(refused_with({70s, 70s, 70s}).run(run("", 3000))).outcome == Outcome::pass);
}

TEST_CASE("pause_is_not_needed_by_the_rest_of_many_recipients") {
  const auto refused_at_rcpt = [](const char* reply) {
    Conversation talk;
    for (std::uint64_t i = 0; i < row; ++i)
      talk.session(i + 1, i * 1s).ehlo().mail().rcpt(reply).quit();
    return pause(talk).outcome;
  };
  CHECK(refused_at_rcpt("452 4.5.3 Too many") == Outcome::pass);
  // Its only recipient's mailbox is full: nobody was taken.
  CHECK(refused_at_rcpt("452 4.2.2 Mailbox full") == Outcome::fail);
  CHECK(refused_at_rcpt("452 Too many") == Outcome::fail);
  enum class Message { sent, unanswered, not_sent };
  const auto with_another = [](Message message) { // which was accepted each time
    Conversation rest;
    rest.handover("1", {"b@rcpt.test", "c@rcpt.test"});
    for (std::uint64_t i = 0; i < row; ++i) {
      rest.session(i + 1, i * 1s).ehlo().mail().rcpt("250 Ok", "x@rcpt.test").rcpt("452 Rest");
      if (message != Message::not_sent) rest.data().content();
      if (message == Message::sent) rest.message();
      if (message == Message::unanswered)
        rest.silence("close", false).end(EndedBy::server, Stage::message);
      else
        rest.quit();
    }
    return pause(rest).outcome;
  };
  CHECK(with_another(Message::sent) == Outcome::pass);
  // The other one does not have the message, either.
  CHECK(with_another(Message::unanswered) == Outcome::fail);
  CHECK(with_another(Message::not_sent) == Outcome::fail);
  CHECK(refused_at_rcpt("451 4.3.0 Later") == Outcome::fail);
  CHECK(refused_at_rcpt("552 5.5.3 Too many") == Outcome::pass); // a 5yz waits for nothing
  // At another stage it is a failure like any other.
  CHECK(at_once([](Conversation& talk) { talk.ehlo().mail().rcpt().data("452 Full").quit(); }) ==
        Outcome::fail);
}

TEST_CASE("pause_is_not_needed_by_helo_after_a_refused_ehlo") {
  CHECK(at_once([](Conversation& talk) { talk.ehlo("451 Later").quit(); }) == Outcome::fail);
  // On a connection of its own: one in each round, and no row.
  Conversation helo;
  for (std::uint64_t i = 0; i < 2 * row; i += 2) {
    helo.session(i + 1, i * 30min).ehlo("502 What?").quit();
    helo.session(i + 2, i * 30min + 1s).ehlo("451 Later").quit();
  }
  CHECK(pause(helo).outcome == Outcome::pass);
  CHECK(at_once([](Conversation& talk) { talk.quit(); }) == Outcome::not_applicable);
}

TEST_CASE("pause_is_not_needed_after_a_connection_that_was_used_again") {
  const auto kept_open = [](const char* reply, EndedBy by) {
    Conversation talk;
    talk.handover();
    for (std::uint64_t i = 0; i < row + 1; ++i) {
      // Another message goes first.
      talk.session(i + 1, i * 1s).ehlo().mail().rcpt("250 Ok", "x@rcpt.test").data().content();
      talk.message().mail(reply).end(by, Stage::mail);
    }
    return pause(talk).outcome;
  };
  CHECK(kept_open("421 Bye", EndedBy::server) == Outcome::pass);
  CHECK(kept_open("", EndedBy::server) == Outcome::pass);
  CHECK(kept_open("451 Later", EndedBy::client_quit) == Outcome::fail);
  // On the same connection nothing is new.
  Conversation stays;
  stays.handover().session(1, 0s).ehlo().mail().rcpt("250 Ok", "x@rcpt.test").data().content();
  stays.message();
  for (std::size_t i = 0; i < row + 1; ++i)
    stays.mail("what is that");
  CHECK(pause(stays.quit()).outcome == Outcome::fail);
  // A transaction that sent no message used nothing up.
  CHECK(at_once([](Conversation& talk) {
          talk.ehlo().mail("250 Ok", "x@sender.test").mail("421 Bye");
          talk.end(EndedBy::server, Stage::mail);
        }) == Outcome::fail);
  // On a fresh connection a 421 is a failure like any other.
  CHECK(at_once([](Conversation& talk) {
          talk.ehlo().mail("421 Bye").end(EndedBy::server, Stage::mail);
        }) == Outcome::fail);
  CHECK(at_once([](Conversation& talk) {
          talk.ehlo().mail("").end(EndedBy::server, Stage::mail);
        }) == Outcome::fail);
}

TEST_CASE("pause_is_missed_after_every_kind_of_failure") {
  CHECK(at_once([](Conversation& talk) {
          talk.ehlo().mail().rcpt().data().content().silence("accept close", true);
          talk.end(EndedBy::server, Stage::message);
        }) == Outcome::fail);
  CHECK(at_once([](Conversation& talk) {
          talk.ehlo().mail().rcpt().data().end(EndedBy::server, Stage::content);
        }) == Outcome::fail);
  // What was accepted is the business of other rules; a rejection is a failure like any other.
  CHECK(at_once([](Conversation& talk) { talk.ehlo().deliver(); }) == Outcome::pass);
  CHECK(at_once([](Conversation& talk) { talk.ehlo().mail().rcpt("550 No").quit(); }) ==
        Outcome::fail);
}

TEST_CASE("pause_is_counted_for_each_recipient") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test", "c@rcpt.test"});
  for (std::uint64_t i = 0; i < row; ++i)
    talk.session(i + 1, i * 1s)
        .ehlo()
        .mail()
        .rcpt("451 Later", i % 2 == 0 ? "b@rcpt.test" : "c@rcpt.test")
        .quit();
  CHECK(pause(talk).outcome == Outcome::pass);
}

TEST_CASE("pause_is_missing_where_one_connection_follows_the_other_before_any_greeting") {
  const auto looks = [](std::uint64_t times, Duration every) {
    Conversation talk;
    talk.handover().sender_started();
    for (std::uint64_t i = 1; i <= times; ++i)
      talk.connect(i, every * static_cast<std::int64_t>(i))
          .wait(20ms)
          .end(journal::event::EndedBy::client_closed, scenario::Stage::connect);
    talk.session(99, 1h).ehlo().deliver();
    return test::finding(judge(test::expecting({}), talk.journal()), "pause").outcome;
  };
  CHECK(looks(4, 1s) == Outcome::not_applicable); // a script waits for the port
  CHECK(looks(5, 1s) == Outcome::fail);
  CHECK(looks(20, 2min) == Outcome::not_applicable); // something else looks whether it is there
}
