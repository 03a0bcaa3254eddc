// What is tried again, what is not, and how the judge says so.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using journal::event::ProcessEnd;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

Finding found(const Conversation& talk, std::string rule, scenario::ExpectationValue value = {},
              const scenario::Scenario& base = test::expecting({})) {
  scenario::Scenario scenario = base;
  scenario.sender = {test::must(rule, std::move(value))};
  return test::finding(judge(scenario, talk.journal()), rule);
}
using Count = scenario::Range<std::uint64_t>;
using Span = scenario::Range<Duration>;

} // namespace

TEST_CASE("retry_counts_deliveries_and_shows_the_first") {
  Conversation talk;
  talk.session(1, 0s).ehlo().mail().rcpt("452 Full").quit();
  talk.session(2, 1s).ehlo().mail().rcpt("452 Full", "c@rcpt.test").quit();
  talk.session(3, 30min).ehlo().mail().rcpt().data().content("one").message().quit();
  CHECK_THAT(found(talk, "retry").actual,
             Catch::StartsWith("the message for c@rcpt.test was not retried"));
  Conversation one = talk;
  one.session(4, 31min).ehlo().mail().rcpt("250 Ok", "c@rcpt.test").data().content("two");
  const Finding both = found(one.message().quit(), "retry");
  CHECK(both.outcome == Outcome::pass);
  CHECK(both.actual == "2 deliveries were retried");
  REQUIRE(both.evidence.size() == 2);
  CHECK(both.evidence[0].session == 1);
  CHECK(both.evidence[1].session == 3);
  Conversation alone;
  alone.session(1, 0s).ehlo().refused().session(2, 30min).ehlo().deliver();
  CHECK(found(alone, "retry").actual == "1 delivery was retried");
}

TEST_CASE("retry_that_the_port_hides_does_not_hide_another") {
  Conversation talk;
  talk.sender_started();
  talk.session(1, 1min).ehlo().mail().rcpt("452 Full").quit();
  talk.session(2, 2min).ehlo().mail().rcpt("452 Full", "c@rcpt.test").quit();
  talk.session(3, 3min).ehlo().mail().rcpt("452 Full").quit().sender_ended(0, true);
  Conversation down = talk;
  down.port(scenario::ListenAnswer::silence, 5min).finish(6h);
  // b was tried again before the port went away, c may have been.
  CHECK(found(down, "retry").actual == "1 delivery was retried");
  Conversation once;
  once.sender_started().session(1, 1min).ehlo().refused().sender_ended(0, true);
  once.port(scenario::ListenAnswer::silence, 5min).finish(6h);
  CHECK(found(once, "retry").outcome == Outcome::not_applicable);
  CHECK(found(once, "retry").actual == "the port did not answer again during the watch time");
}

TEST_CASE("no_retry_tells_how_long_nothing_came_after_the_first_refusal") {
  Conversation talk;
  talk.session(1, 5min).ehlo().mail().rcpt("550 No").quit();
  talk.session(2, 10min).ehlo().mail().rcpt("550 No", "c@rcpt.test").quit().finish(35min + 40ms);
  const Finding left = found(talk, "no-retry");
  CHECK(left.outcome == Outcome::pass);
  CHECK(left.actual == "the message was not retried in 30m");
  REQUIRE(left.evidence.size() == 1);
  CHECK(left.evidence[0].session == 1);
}

TEST_CASE("no_retry_of_who_read_the_size_limit_is_of_a_message_that_is_too_large") {
  const auto judged = [](std::uint64_t limit, std::uint64_t size, bool under_test = true) {
    scenario::Scenario scenario = test::expecting({});
    scenario.server.size_limit = limit;
    scenario.test.message.size = size;
    Conversation talk;
    if (under_test) talk.handover().sender_started();
    return found(talk.session(1, 0s).ehlo().quit(), "no-retry", {}, scenario).outcome;
  };
  CHECK(judged(1000, 1001) == Outcome::pass);
  CHECK(judged(1000, 1000) == Outcome::not_applicable);
  CHECK(judged(0, 1000) == Outcome::not_applicable);           // there is no limit
  CHECK(judged(1000, 1001, false) == Outcome::not_applicable); // whose size was it?
}

TEST_CASE("refused_content_is_not_sent_again_whatever_says_so") {
  const auto again = [](const char* reply, bool at_rcpt = false) {
    Conversation talk;
    for (std::uint64_t i = 1; i <= 2; ++i) {
      talk.session(i, (i - 1) * 40min).ehlo().mail().rcpt(at_rcpt ? reply : "250 Ok");
      if (!at_rcpt) talk.data().content().exchange(Stage::message, ".", reply);
      talk.quit();
    }
    return test::finding(judge(test::expecting({}), talk.journal()), "refused-content-unchanged")
        .outcome;
  };
  for (const auto* reply : {"552 Too large", "550 5.3.4 Too large", "554 5.6.3 No conversion",
                            "550 5.6.7 Not ASCII", "550 5.2.3 Too large for this mailbox"})
    CHECK(again(reply) == Outcome::fail);
  for (const auto* reply : {"550 5.1.1 No", "554 5.7.1 Spam", "553 No", "451 5.6.3 Odd"})
    CHECK(again(reply) == Outcome::not_applicable);
  // At RCPT it is the mailbox that is full.
  CHECK(again("552 5.2.2 Full", true) == Outcome::not_applicable);
  CHECK(again("552 5.3.4 Too large", true) == Outcome::fail);
  Conversation once;
  once.session(1, 0s).ehlo().mail().rcpt().data().content();
  once.exchange(Stage::message, ".", "552 Too large").quit();
  const Finding left =
      test::finding(judge(test::expecting({}), once.journal()), "refused-content-unchanged");
  CHECK(left.outcome == Outcome::pass);
  CHECK(left.actual == "the message was not sent again");
}

TEST_CASE("tries_are_told_with_how_many_are_lacking") {
  Conversation talk;
  talk.session(1, 0s).ehlo().refused().session(2, 1h).ehlo().refused();
  const Finding few = found(talk, "tries", Count{4, 5});
  CHECK(few.actual == "the sender made 2 tries for the message");
  CHECK(few.near_miss == "2 too few");
  CHECK(few.evidence.size() == 2);
  CHECK(few.expected == "4 to 5 tries");
  const Finding many = found(talk, "tries", Count{1, 1});
  CHECK(many.near_miss == "1 too many");
  CHECK(many.expected == "1 try");
  CHECK(found(talk, "tries", Count{2, std::nullopt}).expected == "at least 2 tries");
  CHECK(found(talk, "tries", Count{2, 2}).actual == "the sender made 2 tries");
  CHECK(found(Conversation().session(1, 0s).ehlo().quit(), "tries", Count{2, 2}).actual ==
        "no try was seen");
}

TEST_CASE("gives_up_is_open_while_the_sender_could_still_try") {
  const Span range = {96h, 120h};
  const auto ended = [&](Duration last, ProcessEnd how, Moment watched) {
    Conversation talk;
    talk.handover().sender_started().session(1, 1s).ehlo().refused();
    talk.session(2, 1s + last).ehlo().refused().finish(watched);
    return found(talk.sender_ended(0, false, how), "gives-up", range).outcome;
  };
  // A try at the very edge is in time, whoever ended the sender.
  CHECK(ended(96h, ProcessEnd::watch, 150h) == Outcome::pass);
  CHECK(ended(96h - 1us, ProcessEnd::watch, 150h) == Outcome::undecided);
  CHECK(ended(96h - 1us, ProcessEnd::itself, 150h) == Outcome::fail);
  CHECK(ended(50h, ProcessEnd::itself, 60h) == Outcome::fail); // nobody is left
  Conversation none;
  none.session(1, 0s).ehlo().quit();
  CHECK(found(none, "gives-up", range).actual == "no try was seen");
}

TEST_CASE("gives_up_is_over_when_the_sender_was_told_after_the_last_try") {
  const auto told = [](Moment at, const char* address, const char* reply) {
    Conversation talk;
    talk.handover().sender_started().session(1, 0s).ehlo().refused();
    talk.session(2, 10h).ehlo().refused();
    talk.session(3, at).ehlo().mail("250 Ok", "").rcpt("250 Ok", address).data();
    talk.content("", {}, {{"b@rcpt.test", "failed", "4.4.7"}}).message(reply).quit();
    return found(talk.finish(12h).sender_ended(0, true), "gives-up", Span{96h, 120h}).outcome;
  };
  CHECK(told(11h, "a@sender.test", "250 Ok") == Outcome::fail); // after ten hours
  CHECK(told(11h, "a@sender.test", "452 Full") == Outcome::undecided);
  CHECK(told(11h, "x@sender.test", "250 Ok") == Outcome::undecided);
  CHECK(told(5h, "a@sender.test", "250 Ok") == Outcome::undecided); // and was tried again
}

TEST_CASE("gives_up_when_the_scenario_says_so_whatever_the_sender_declares") {
  journal::event::Run run;
  run.queue_lifetime = 50h;
  Conversation talk;
  talk.run(run);
  for (std::uint64_t i = 0; i <= 5; ++i)
    talk.session(i + 1, i * 20h).ehlo().refused();
  talk.finish(400h);
  const Finding in_time = found(talk, "gives-up", Span{96h, 120h});
  CHECK(in_time.outcome == Outcome::pass);
  CHECK(in_time.expected == "the last try comes 4d to 5d after the first");
}

TEST_CASE("delivered_to_a_recipient_that_was_never_tried_is_not_what_the_caller_was_told") {
  Conversation one;
  one.handover("1", {"b@rcpt.test", "c@rcpt.test"}).sender_started();
  one.session(1, 0s).ehlo().mail().rcpt("452 Full").quit().sender_ended(75);
  const Finding lost = found(one, "delivered", std::string("once"));
  CHECK(lost.outcome == Outcome::fail);
  CHECK_THAT(lost.actual, Catch::StartsWith("the message for c@rcpt.test was never tried"));
  // MAIL was refused, so that nobody could be named.
  Conversation mail;
  mail.handover("1", {"b@rcpt.test", "c@rcpt.test"}).sender_started();
  mail.session(1, 0s).ehlo().refused().sender_ended(75);
  CHECK(found(mail, "delivered", std::string("once")).outcome == Outcome::not_applicable);
}
