// Hosts that can't be had: how many are tried, whether they are remembered, whether other mail waits for them. And
// replies that come too late, copies, and names.
#include "conversation.hpp"
#include "findings.hpp"

#include <algorithm>

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

Finding found(const Conversation& talk, std::string rule, scenario::ExpectationValue value = {}) {
  const journal::Journal journal = talk.journal();
  REQUIRE(journal.bad_lines().empty());
  return test::finding(judge(test::expecting({test::must(rule, std::move(value))}), journal), rule);
}

void dead(Conversation& talk, std::uint64_t session, Moment at, const std::string& host) {
  talk.at(host).connect(session, at).exchange(Stage::connect, {}, {}, "reset", 3);
  talk.end(EndedBy::server, Stage::connect);
}

/// Events have views of them.
const std::vector<std::string> ids = {"1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",  "9",  "10",
                                      "11", "12", "13", "14", "15", "16", "17", "18", "19", "20"};

/// So many messages, each handed over to a command of its own.
Conversation handed_over(int messages) {
  Conversation talk;
  for (int i = 1; i <= messages; ++i)
    talk.handover(std::to_string(i), {"b@rcpt.test"}, "a" + std::to_string(i) + "@sender.test");
  return talk;
}

} // namespace

TEST_CASE("dead_hosts_more_than_one_is_tried_before_the_sender_waits") {
  const scenario::Range<std::uint64_t> two = {2, std::nullopt};
  Conversation one;
  one.handover();
  dead(one, 1, 0s, "mx1.test");
  dead(one, 2, 30min, "mx2.test");
  const Finding alone = found(one, "hosts-per-try", two);
  CHECK(alone.outcome == Outcome::fail);
  CHECK(alone.actual == "the first try for b@rcpt.test ended after 1 host");
  Conversation both;
  both.handover();
  dead(both, 1, 0s, "mx1.test");
  dead(both, 2, 1s, "mx2.test");
  dead(both, 3, 30min, "mx1.test"); // the second is known to be dead
  CHECK(found(both, "hosts-per-try", two).actual == "the first try reached 2 hosts");
  const Finding third =
      found(both, "hosts-per-try", scenario::Range<std::uint64_t>{3, std::nullopt});
  CHECK(third.actual == "the first try for b@rcpt.test ended after 2 hosts");
  CHECK(third.evidence.at(0).session == 1);
  // A refusal for good, or a host that takes it, leaves nothing to try.
  Conversation taken;
  taken.handover().at("mx1.test").session(1, 0s).ehlo().deliver();
  CHECK(found(taken, "hosts-per-try", two).outcome == Outcome::not_applicable);
  Conversation refused;
  refused.handover().at("mx1.test").session(1, 0s).ehlo().mail("550 No").quit();
  CHECK(found(refused, "hosts-per-try", two).outcome == Outcome::not_applicable);
}

TEST_CASE("dead_hosts_are_remembered_for_all_messages") {
  const auto in_rounds = [](int messages, int connections, int rounds) {
    Conversation talk = handed_over(messages);
    std::uint64_t session = 0;
    for (int round = 0; round < rounds; ++round)
      for (int i = 0; i < connections; ++i)
        dead(talk, ++session, round * 40min + i * 1s, "mx.test");
    return talk;
  };
  CHECK(found(in_rounds(20, 10, 3), "dead-host-remembered").outcome == Outcome::pass);
  const Finding forgets = found(in_rounds(20, 11, 3), "dead-host-remembered");
  CHECK(forgets.outcome == Outcome::fail);
  CHECK(forgets.actual == "the sender made 33 connections to a dead host in 3 half hours, with up "
                          "to 20 messages to send");
  CHECK(found(in_rounds(11, 5, 1), "dead-host-remembered").outcome == Outcome::pass);
  CHECK(found(in_rounds(11, 6, 1), "dead-host-remembered").outcome == Outcome::fail);
  // Connections that were good for something are not meant.
  Conversation alive = handed_over(20);
  for (std::uint64_t i = 1; i <= 20; ++i)
    alive.at("mx.test").session(i, i * 1s).ehlo().refused();
  CHECK(found(alive, "dead-host-remembered").outcome == Outcome::not_applicable);
}

TEST_CASE("dead_hosts_are_tried_again_after_half_an_hour") {
  const auto rounds = [](Duration second) {
    Conversation talk = handed_over(10);
    dead(talk, 1, 1h, "mx.test");
    dead(talk, 2, 1h + second, "mx.test");
    return found(talk, "dead-host-remembered").actual;
  };
  CHECK_THAT(rounds(30min - 1s), Catch::Contains("in 1 half hour,"));
  CHECK_THAT(rounds(30min), Catch::Contains("in 2 half hours,"));
  // A greeting that refuses is as good as none.
  Conversation closed = handed_over(10);
  closed.session(1, 1h, "421 Down").end(EndedBy::server, Stage::greeting);
  CHECK_THAT(found(closed, "dead-host-remembered").actual, Catch::Contains("made 1 connection to"));
}

TEST_CASE("dead_hosts_of_few_messages_say_nothing") {
  Conversation few = handed_over(9);
  dead(few, 1, 0s, "mx.test");
  const CaseVerdict verdict =
      judge(test::expecting({test::must("dead-host-remembered")}), few.journal());
  CHECK_FALSE(verdict.met);
  CHECK(verdict.not_met == "there were 9 messages, but at least 10 are needed to show whether the "
                           "sender remembers a dead host");
}

TEST_CASE("dead_hosts_are_remembered_by_who_has_a_queue_and_not_by_a_command_for_each_message") {
  // Each of ten commands finds the host dead by itself.
  const auto each = [](std::string_view role, bool queue, std::size_t commands) {
    journal::event::Run run;
    run.role = role;
    Conversation talk = handed_over(10);
    talk.run(run);
    for (std::size_t i = 1; i <= 10; ++i) {
      journal::event::Process end;
      end.queue = queue;
      end.handover = ids[std::min(i, commands) - 1];
      dead(talk, i, 1h + i * 1s, "mx.test");
      talk.process(end);
    }
    return found(talk, "dead-host-remembered").outcome;
  };
  CHECK(each("", false, 10) == Outcome::not_applicable);
  CHECK(each("queueing", false, 10) == Outcome::fail);
  CHECK(each("", true, 10) == Outcome::fail);
  CHECK(each("", false, 9) == Outcome::fail); // two of them had the same
}

TEST_CASE("dead_hosts_count_the_messages_that_were_there_by_then") {
  // A command an hour for ten hours: in the tenth there are ten messages. `each`: how many of those that are there find
  // the host dead by themselves.
  const auto hourly = [](auto each) {
    journal::event::Run run;
    run.role = "queueing";
    Conversation talk = handed_over(10);
    talk.run(run);
    std::uint64_t session = 0;
    for (std::uint64_t hour = 1; hour <= 10; ++hour) {
      journal::event::Process begin;
      begin.started = true;
      begin.handover = ids[hour - 1];
      talk.resume(0, hour * 1h).process(begin);
      for (std::uint64_t i = 0; i < each(hour); ++i)
        dead(talk, ++session, hour * 1h + 1min + i * 1s, "mx.test");
    }
    return found(talk, "dead-host-remembered").outcome;
  };
  CHECK(hourly([](std::uint64_t) { return 1U; }) == Outcome::pass);
  // More than half of the 55 that there were, and less than half of a hundred.
  CHECK(hourly([](std::uint64_t messages) { return messages - 1; }) == Outcome::fail);
}

TEST_CASE("dead_hosts_do_not_hold_up_mail_for_others") {
  const auto arrives = [](Moment at) {
    Conversation talk;
    talk.at("hangs.test").connect(1, 0s).exchange(Stage::connect, {}, {}, "stall", 3);
    talk.resume(1, 5min).end(EndedBy::client_closed, Stage::connect);
    talk.at("mx.test").session(2, at).ehlo().deliver();
    return found(talk, "not-delayed-by", std::string("hangs.test"));
  };
  CHECK(arrives(1min).outcome == Outcome::pass);
  const Finding waited = arrives(6min);
  CHECK(waited.outcome == Outcome::fail);
  CHECK_THAT(waited.actual,
             Catch::Contains("the message for b@rcpt.test waited for hangs.test and arrived 1m"));
  Conversation untouched;
  untouched.at("mx.test").session(1, 0s).ehlo().deliver();
  CHECK(found(untouched, "not-delayed-by", std::string("hangs.test")).outcome ==
        Outcome::not_applicable);
}

TEST_CASE("one_copy_goes_to_all_recipients_at_a_host") {
  const auto both = [] {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test", "c@rcpt.test"});
    return talk;
  };
  Conversation together = both();
  together.session(1, 0s).ehlo().mail().rcpt().rcpt("250 Ok", "c@rcpt.test").data().content();
  together.message().quit();
  CHECK(found(together, "one-copy").outcome == Outcome::pass);
  const auto apart = [&](const char* host, const char* first_reply) {
    Conversation talk = both();
    talk.at("mx1.test").session(1, 0s).ehlo().mail().rcpt().rcpt(first_reply, "c@rcpt.test");
    talk.data().content().message().quit();
    talk.at(host).session(2, 40min).ehlo().mail().rcpt("250 Ok", "c@rcpt.test").data().content();
    return talk.message().quit();
  };
  Conversation each = both();
  each.session(1, 0s).ehlo().deliver();
  each.session(2, 1s).ehlo().mail().rcpt("250 Ok", "c@rcpt.test").data().content().message().quit();
  const Finding two = found(each, "one-copy");
  CHECK(two.outcome == Outcome::fail);
  CHECK(two.actual == "the sender sent 2 copies for 2 recipients");
  CHECK(two.evidence.size() == 2);
  // One was put off, and came later; at another host there is another copy.
  CHECK(found(apart("mx1.test", "452 Too many"), "one-copy").outcome == Outcome::pass);
  Conversation elsewhere = both();
  elsewhere.at("mx1.test").session(1, 0s).ehlo().deliver();
  elsewhere.at("mx2.test").session(2, 1s).ehlo().mail().rcpt("250 Ok", "c@rcpt.test").data();
  elsewhere.content().message().quit();
  CHECK(found(elsewhere, "one-copy").outcome == Outcome::pass);
  CHECK(found(Conversation().handover().session(1, 0s).ehlo().deliver(), "one-copy").outcome ==
        Outcome::not_applicable);
}

TEST_CASE("replies_that_come_late_are_not_taken_for_others") {
  const auto late = [](Duration after, std::string_view next, Stage stage) {
    Conversation talk;
    talk.session(1, 0s).ehlo().mail().rcpt().data().content().accepted();
    talk.held(Stage::message, {}, 11min, "250 Ok");
    talk.resume(1, 1s + after);
    if (!next.empty()) talk.exchange(stage, next, "250 Ok");
    return found(talk, "replies-in-step");
  };
  const Finding on = late(10min, "MAIL FROM:<a@sender.test>", Stage::mail);
  CHECK(on.outcome == Outcome::fail);
  CHECK_THAT(on.actual, Catch::Contains(", while the reply to that was still missing"));
  CHECK(on.evidence.size() == 2);
  CHECK(late(12min, "MAIL FROM:<a@sender.test>", Stage::mail).outcome == Outcome::pass);
  CHECK(late(10min, "QUIT", Stage::quit).outcome == Outcome::pass);
  CHECK(late(10min, "RSET", Stage::rset).outcome == Outcome::pass);
  CHECK(late(10min, "", Stage::quit).outcome == Outcome::pass);
  // In one group with the content (RFC 2920 section 3.1).
  CHECK(late(1s, "MAIL FROM:<a@sender.test>", Stage::mail).outcome == Outcome::pass);
  CHECK(found(Conversation().session(1, 0s).ehlo().deliver(), "replies-in-step").outcome ==
        Outcome::not_applicable);
}

TEST_CASE("replies_that_come_behind_a_farewell_are_not_known_to_be_read") {
  const auto copies = [](Duration after) {
    Conversation talk;
    talk.handover().session(1, 0s).ehlo().mail().rcpt().data().content().accepted();
    talk.held(Stage::message, {}, 11min, "250 Ok");
    talk.resume(1, 1s + after).exchange(Stage::quit, "QUIT", "221 Bye");
    talk.resume(1, 11min + 2s).end(EndedBy::client_quit, Stage::quit);
    talk.session(2, 1h).ehlo().deliver();
    return test::finding(judge(test::expecting({}), talk.journal()), "no-duplicate").outcome;
  };
  CHECK(copies(10min) == Outcome::pass); // said when it had waited, and the reply came behind it
  CHECK(copies(11min) == Outcome::fail);
}

TEST_CASE("names_that_were_asked_for") {
  Conversation talk;
  talk.query("MX1.case.test").query("case.test").session(1, 1min).ehlo().deliver();
  CHECK(found(talk, "asked", std::string("mx1.case.test")).outcome == Outcome::pass);
  const Finding missed = found(talk, "asked", std::string("mx2.case.test"));
  CHECK(missed.outcome == Outcome::fail);
  CHECK(missed.actual == "the sender did not look up mx2.case.test");
  CHECK(found(talk, "not-asked", std::string("mx2.case.test")).outcome == Outcome::pass);
  const Finding made_up = found(talk, "not-asked", std::string("mx1.case.test"));
  CHECK(made_up.outcome == Outcome::fail);
  CHECK(made_up.actual == "the sender looked up mx1.case.test");
  CHECK(made_up.evidence.size() == 1);
  // Nobody asked anything: the sender knows the way from somebody else.
  Conversation silent;
  silent.session(1, 0s).ehlo().deliver();
  CHECK(found(silent, "asked", std::string("a.test")).outcome == Outcome::not_applicable);
  CHECK(found(silent, "not-asked", std::string("a.test")).outcome == Outcome::not_applicable);
  Conversation ended = talk;
  ended.sender_started().sender_timed_out();
  CHECK(found(ended, "asked", std::string("mx2.case.test")).outcome == Outcome::undecided);
}
