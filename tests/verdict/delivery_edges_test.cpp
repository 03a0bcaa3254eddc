// Whether a message arrived, and how often, where the port, the sender's end or its caller leave it open.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::ListenAnswer;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;
constexpr auto none = Outcome::not_applicable;

Finding delivered(const Conversation& talk, std::string word = "once") {
  return test::finding(
      judge(test::expecting({test::must("delivered", std::move(word))}), talk.journal()),
      "delivered");
}
Finding always(const Conversation& talk, std::string_view rule) {
  return test::finding(judge(test::expecting({}), talk.journal()), rule);
}
Finding one_copy(const Conversation& talk, const std::string& recipient = {}) {
  scenario::Expectation expectation = test::should("one-copy");
  expectation.recipient = recipient;
  return test::finding(judge(test::expecting({expectation}), talk.journal()), "one-copy");
}

/// Accepted, and the connection lost with the reply.
void unheard(Conversation& talk, std::uint64_t session, Moment at,
             const std::string& to = "b@rcpt.test") {
  talk.session(session, at).ehlo().mail().rcpt("250 Ok", to).data().content();
  talk.silence("close", true).end(EndedBy::server, Stage::message);
}
void takes(Conversation& talk, std::uint64_t session, Moment at,
           const std::string& to = "b@rcpt.test") {
  talk.session(session, at).ehlo().mail().rcpt("250 Ok", to).data().content().message().quit();
}

const std::vector<std::string> two = {"b@rcpt.test", "c@rcpt.test"};

} // namespace

TEST_CASE("delivery_edges_a_port_that_closed_after_a_failure_may_hide_the_next_try") {
  const auto closed = [](std::string_view reply, bool ended, ListenAnswer answer) {
    Conversation talk;
    talk.handover().sender_started().session(1, 1min).ehlo().mail().rcpt(reply).quit();
    talk.port(answer, 2min);
    if (ended) talk.sender_ended(0);
    return delivered(talk.finish(2h));
  };
  const Finding hidden = closed("452 Full", false, ListenAnswer::refused);
  CHECK(hidden.outcome == none);
  CHECK(hidden.actual == "the port did not answer again during the watch time");
  CHECK(closed("452 Full", true, ListenAnswer::refused).outcome == fail);
  CHECK(closed("550 No", false, ListenAnswer::refused).outcome == fail);
  CHECK(closed("452 Full", false, ListenAnswer::accepted).outcome == fail);
}

TEST_CASE("delivery_edges_what_was_refused_for_good_is_not_open_when_the_sender_is_ended") {
  const auto outcome = [](std::string_view reply) {
    Conversation talk;
    talk.handover().sender_started().session(1, 1min).ehlo().mail().rcpt(reply).quit();
    return delivered(talk.sender_timed_out()).outcome;
  };
  CHECK(outcome("452 Full") == Outcome::undecided);
  CHECK(outcome("550 No") == fail);
}

TEST_CASE("delivery_edges_what_arrived_is_no_matter_of_how_the_sender_ended") {
  Conversation talk;
  talk.handover("1", two).sender_started();
  takes(talk, 1, 1min);
  takes(talk, 2, 2min, "c@rcpt.test");
  CHECK(delivered(talk.sender_timed_out()).outcome == pass);
}

TEST_CASE("delivery_edges_a_notification_that_was_refused_has_returned_nothing") {
  const auto outcome = [](std::string_view reply) {
    Conversation talk;
    talk.handover().session(1, 0s).ehlo().mail().rcpt("550 No").quit();
    talk.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
    talk.content().message(reply).quit();
    return delivered(talk).outcome;
  };
  CHECK(outcome("250 Ok") == none);
  CHECK(outcome("550 No") == fail);
}

TEST_CASE("delivery_edges_a_recipient_who_was_never_tried_may_have_met_the_closed_port") {
  const auto outcome = [](bool outage) {
    Conversation talk;
    talk.handover("1", two).sender_started();
    if (outage) talk.port(ListenAnswer::refused, 1s).port(ListenAnswer::accepted, 1min);
    talk.session(1, 2min).ehlo().mail().rcpt("452 Full").quit();
    return delivered(talk.sender_ended(75)).outcome;
  };
  CHECK(outcome(false) == fail); // not even tried
  CHECK(outcome(true) == none);
}

TEST_CASE("delivery_edges_the_command_is_told_how_to_name_all_recipients") {
  const auto hint = [](bool first, bool second) {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test", "c@rcpt.test", "d@rcpt.test"}).session(1, 0s).ehlo().mail();
    if (first) talk.rcpt("550 No");
    if (second) talk.rcpt("550 No", "c@rcpt.test");
    talk.quit();
    CaseVerdict verdict =
        judge(test::expecting({test::must("delivered", std::string("once"))}), talk.journal());
    return test::finding(verdict, "delivered").actual;
  };
  // The first to fail is told; with the first one accepted it is the second.
  Conversation alone;
  alone.handover("1", two);
  takes(alone, 1, 0s);
  CHECK(delivered(alone).actual == "the message for c@rcpt.test was never tried (in the command, "
                                   "use {recipients} instead of {recipient})");
  Conversation last;
  last.handover("1", two);
  takes(last, 1, 0s, "c@rcpt.test");
  CHECK(delivered(last).actual == "the message for b@rcpt.test was never tried");
  CHECK_THAT(hint(true, true), !Catch::Contains("{recipients}"));
}

TEST_CASE("delivery_edges_never_is_known_of_what_was_tried") {
  Conversation untried;
  untried.handover().session(1, 0s).ehlo().quit();
  CHECK(delivered(untried, "never").actual == "no try was seen");
  Conversation refused;
  refused.handover().session(1, 0s).ehlo().mail().rcpt("550 No").quit();
  CHECK(delivered(refused, "never").outcome == pass);
  Conversation came;
  came.handover();
  takes(came, 1, 0s);
  CHECK(delivered(came, "never").outcome == fail);
}

TEST_CASE("duplicate_edges_many_unheard_copies_are_a_flood_without_pauses") {
  // Three are always allowed, and one more for each ten minutes from the first to the last.
  const auto outcome = [](std::uint64_t copies, Duration span) {
    Conversation talk;
    talk.handover();
    for (std::uint64_t i = 0; i < copies; ++i)
      unheard(talk, i + 1, i + 1 == copies ? span : i * 1min);
    return always(talk, "no-duplicate").outcome;
  };
  CHECK(outcome(3, 2min) == pass);
  CHECK(outcome(4, 10min - 1us) == fail);
  CHECK(outcome(4, 10min) == pass);
  CHECK(outcome(5, 20min - 1us) == fail);
  CHECK(outcome(5, 20min) == pass);
}

TEST_CASE("duplicate_edges_of_nothing_there_is_no_copy") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().mail().rcpt("452 Full").quit();
  CHECK(always(talk, "no-duplicate").outcome == none);
}

TEST_CASE("duplicate_edges_the_unavoidable_window_is_told_whoever_else_has_one_copy") {
  Conversation talk;
  talk.handover("1", two);
  unheard(talk, 1, 0s);
  unheard(talk, 2, 40min);
  takes(talk, 3, 41min, "c@rcpt.test");
  CHECK_THAT(always(talk, "no-duplicate").actual,
             Catch::StartsWith(
                 "the message for b@rcpt.test arrived 2 times (the duplicate was unavoidable"));
  // Where a copy was heard of, each that follows is needless, heard or not.
  Conversation heard;
  heard.handover();
  unheard(heard, 1, 0s);
  takes(heard, 2, 40min);
  CHECK(always(heard, "no-duplicate").outcome == pass);
  unheard(heard, 3, 80min);
  CHECK(always(heard, "no-duplicate").outcome == fail);
}

TEST_CASE("one_copy_edges_what_was_refused_first_may_come_alone") {
  Conversation later;
  later.handover("1", two).session(1, 0s).ehlo().mail().rcpt().rcpt("452 No", "c@rcpt.test");
  later.data().content().message().quit();
  takes(later, 2, 40min, "c@rcpt.test");
  CHECK(one_copy(later).outcome == pass);
  Conversation apart;
  apart.handover("1", two);
  takes(apart, 1, 0s);
  takes(apart, 2, 1s, "c@rcpt.test");
  CHECK(one_copy(apart).outcome == fail);
  CHECK(one_copy(apart, "b@*").outcome == pass); // asked of one alone
  Conversation untried;
  untried.handover("1", two);
  takes(untried, 1, 0s);
  CHECK(one_copy(untried).outcome == pass);
}

TEST_CASE("one_copy_edges_hosts_have_a_copy_each_and_one_message_shows_enough") {
  Conversation hosts;
  hosts.handover("1", two);
  takes(hosts.at("mx1.test"), 1, 0s);
  takes(hosts.at("mx2.test"), 2, 1s, "c@rcpt.test");
  CHECK(one_copy(hosts).outcome == pass);
  // The second message was refused, so it shows nothing; the first one does.
  Conversation messages;
  messages.handover("1", two).handover("2", {"d@rcpt.test", "e@rcpt.test"});
  messages.session(1, 0s).ehlo().mail().rcpt().rcpt("250 Ok", "c@rcpt.test");
  messages.data().content().message().quit();
  messages.session(2, 1s).ehlo().mail().rcpt("550 No", "d@rcpt.test");
  messages.rcpt("550 No", "e@rcpt.test").quit();
  CHECK(one_copy(messages).outcome == pass);
}
