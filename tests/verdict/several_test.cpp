// Several messages at once: what is said of the first, how the others are counted, and what is said of none.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

Finding found(const Conversation& talk, std::string rule, scenario::ExpectationValue value = {}) {
  return test::finding(judge(test::expecting({test::must(rule, std::move(value))}), talk.journal()),
                       rule);
}

/// Messages that are refused at the end of the content, and come again: for each the intervals.
Conversation messages(const std::vector<std::vector<Duration>>& intervals) {
  Conversation talk;
  std::uint64_t session = 0;
  constexpr Duration until_refused = 70ms; // connect, greeting, EHLO, MAIL, RCPT, DATA, content
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    const std::string id = "m" + std::to_string(i);
    const std::string to = "r" + std::to_string(i) + "@rcpt.test";
    Moment at = i * 1s;
    const auto refused = [&] {
      talk.session(++session, at).ehlo().mail().rcpt("250 Ok", to).data().content(id);
      talk.message("452 Full").quit();
    };
    refused();
    for (const Duration interval : intervals[i]) {
      at += until_refused + interval;
      refused();
    }
  }
  return talk;
}

} // namespace

TEST_CASE("several_passes_tell_of_the_first_message") {
  CHECK(found(messages({{40min}, {50min}}), "first-retry", scenario::Range<Duration>{30min, 4h})
            .actual == "after 40m");
  CHECK(found(messages({{10min, 20min}, {30min, 50min}}), "back-off").actual ==
        "intervals 10m, 20m");
  CHECK(
      found(messages({{1h, 4h}, {61min, 4h}}), "schedule", std::vector<Duration>{1h, 4h}).actual ==
      "intervals 1h, 4h");
}

TEST_CASE("several_failures_tell_of_the_first_and_count_the_others") {
  const Finding back_off = found(messages({{10min, 10min}, {10min, 10min}, {20min, 20min}}), "back-off");
  CHECK(back_off.actual == "r0@rcpt.test: intervals 10m, 10m (and 2 more of the same kind)");
  CHECK(back_off.near_miss == "the last interval is 2m too short");
  CHECK(back_off.evidence.size() == 3);
  CHECK(found(messages({{10min, 2min}, {10min, 20min}}), "back-off").near_miss ==
        "an interval is less than half of the one before it");
  const Finding schedule =
      found(messages({{1h, 30min}, {1h, 30min}}), "schedule", std::vector<Duration>{1h, 4h});
  CHECK(schedule.actual ==
        "r0@rcpt.test: interval 2 is 30m instead of 4h (and 1 more of the same kind)");
  CHECK(schedule.near_miss == "2h30m too early");
  CHECK(found(messages({{}, {}}), "back-off").actual ==
        "r0@rcpt.test: only 1 try (and 1 more of the same kind)");
}

TEST_CASE("several_intervals_are_listed_up_to_the_tenth") {
  CHECK(found(messages({std::vector<Duration>(10, 20min)}), "back-off").actual ==
        "r0@rcpt.test: intervals 20m, 20m, 20m, 20m, 20m, 20m, 20m, 20m, 20m, 20m");
  CHECK(found(messages({std::vector<Duration>(12, 20min)}), "back-off").actual ==
        "r0@rcpt.test: intervals 20m, 20m, 20m, 20m, 20m, 20m, 20m, 20m, 20m, 20m and 2 more");
  CHECK(found(messages({{}}), "schedule", std::vector<Duration>{1h}).actual ==
        "r0@rcpt.test: only 1 try, intervals none");
}

TEST_CASE("several_that_need_no_more_tries_are_no_fault_and_no_pass") {
  // One was delivered at once, another put off as it should be.
  Conversation mixed = messages({{10min, 20min}});
  mixed.session(90, 2h).ehlo().mail().rcpt("250 Ok", "x@rcpt.test").data().content("x").message();
  CHECK(found(mixed.quit(), "back-off").actual == "intervals 10m, 20m");
  CHECK(found(mixed, "schedule", std::vector<Duration>{10min, 20min}).outcome == Outcome::pass);
  Conversation delivered;
  delivered.session(1, 0s).ehlo().deliver();
  CHECK(found(delivered, "back-off").actual == "nothing required so many tries");
  Conversation nobody;
  nobody.session(1, 0s).ehlo().quit();
  CHECK(found(nobody, "back-off").actual == "no try was seen");
  CHECK(found(nobody, "schedule", std::vector<Duration>{1h}).actual == "no try was seen");
}

TEST_CASE("several_messages_that_come_back_together") {
  const Finding together = found(messages(std::vector<std::vector<Duration>>(6, {1h})), "jitter");
  CHECK(together.outcome == Outcome::fail);
  CHECK(together.actual == "intervals of 6 messages: 1h to 1h");
  CHECK(together.near_miss == "6 of them too close together");
  CHECK(together.evidence.size() == 6);
  CHECK(together.expected == "at least two intervals that differ by more than 36s from all others");
  const Finding few = found(messages(std::vector<std::vector<Duration>>(5, {1h})), "jitter");
  CHECK(few.outcome == Outcome::not_applicable);
  CHECK(few.actual == "5 messages were retried, but at least 6 are needed to show this");
  CHECK(found(messages({{60min}, {64min}, {70min}, {75min}, {80min}, {90min}}), "jitter").actual ==
        "intervals of 6 messages: 1h to 1h30m");
}

TEST_CASE("several_copies_are_counted_and_shown") {
  const auto delivered = [](std::uint64_t copies, const char* word) {
    Conversation talk;
    talk.handover();
    for (std::uint64_t i = 1; i <= copies; ++i)
      talk.session(i, i * 1h).ehlo().deliver();
    return found(talk, "delivered", std::string(word));
  };
  // `no-duplicate` says it.
  CHECK(delivered(2, "once").actual == "see `no-duplicate`");
  CHECK(delivered(1, "once").actual == "exactly once");
  CHECK(delivered(1, "once").expected == "exactly once");
  CHECK(delivered(2, "at-least-once").actual == "at least once");
  CHECK(delivered(2, "at-least-once").expected == "at least once");
  CHECK(delivered(2, "never").actual == "b@rcpt.test: 2 times");
  CHECK(delivered(2, "never").expected == "never");
}

TEST_CASE("several_unheard_copies_are_said_to_be_in_the_window") {
  const auto unheard = [](std::uint64_t copies) {
    Conversation talk;
    talk.handover();
    for (std::uint64_t i = 1; i <= copies; ++i)
      talk.session(i, i * 1h)
          .ehlo()
          .mail()
          .rcpt()
          .data()
          .content()
          .silence("accept close", true)
          .end(journal::event::EndedBy::server, Stage::message);
    return talk;
  };
  CHECK(found(unheard(1), "no-duplicate").actual == "no duplicate");
  CHECK_THAT(found(unheard(2), "no-duplicate").actual,
             Catch::StartsWith("b@rcpt.test got it 2 times (an unavoidable duplicate"));
  CHECK_THAT(found(unheard(2), "delivered", std::string("once")).actual,
             Catch::StartsWith("at least once (an unavoidable duplicate"));
  CHECK(found(unheard(2), "delivered", std::string("once")).evidence.size() == 2);
  CHECK(found(unheard(1), "delivered", std::string("once")).actual == "exactly once");
}

TEST_CASE("several_recipients_of_whom_the_first_alone_was_tried") {
  const auto hint = [](std::vector<std::string> recipients) {
    Conversation talk;
    talk.handover("1", std::move(recipients)).sender_started();
    talk.session(1, 0s).ehlo().deliver().sender_ended(0);
    return found(talk, "delivered", std::string("once")).actual;
  };
  CHECK_THAT(hint({"b@rcpt.test", "c@rcpt.test"}), Catch::Contains("use {recipients}"));
  CHECK_THAT(hint({"c@rcpt.test", "b@rcpt.test"}), !Catch::Contains("use {recipients}"));
  Conversation nobody;
  nobody.handover("1", {"b@rcpt.test", "c@rcpt.test"}).sender_started();
  nobody.session(1, 0s).ehlo().quit().sender_ended(0);
  CHECK(found(nobody, "delivered", std::string("once")).actual ==
        "b@rcpt.test: never tried (and 1 more of the same kind)");
}

TEST_CASE("several_421_are_counted_and_the_first_is_shown") {
  Conversation talk;
  for (std::uint64_t i = 1; i <= 2; ++i)
    talk.session(i, i * 1min).ehlo().mail("421 Closing").quit();
  const Finding left =
      test::finding(judge(test::expecting({}), talk.journal()), "closes-after-421");
  CHECK(left.actual == "ended the session after 421 (seen 2 times)");
  REQUIRE(left.evidence.size() == 1);
  CHECK(left.evidence[0].session == 1);
  // Of what was said after it, the first is shown.
  Conversation dialogues;
  dialogues.session(1, 0s).ehlo().mail("421 Closing");
  dialogues.exchange(Stage::mail, "RCPT TO:<b@rcpt.test>", "").exchange(Stage::mail, "DATA", "");
  const Finding on =
      test::finding(judge(test::expecting({}), dialogues.journal()), "closes-after-421");
  REQUIRE(on.evidence.size() == 2);
  CHECK_THAT(on.evidence[1].text, Catch::StartsWith("RCPT"));
}

TEST_CASE("several_connections_that_are_too_many_are_told_by_the_first_that_was") {
  Conversation talk;
  talk.session(1, 0s, "421 Too many").end(journal::event::EndedBy::server, Stage::greeting);
  for (std::uint64_t i = 2; i <= 5; ++i)
    talk.session(i, i * 10min);
  talk.resume(2, 55min).quit().session(6, 60min); // as many again
  const Finding crowd = found(talk, "concurrency-drops");
  CHECK(crowd.outcome == Outcome::fail);
  CHECK(crowd.actual == "1 at once before, 4 after");
  CHECK(crowd.near_miss == "2 too many");
  CHECK(crowd.expected == "at most 2 connections at once");
  REQUIRE(crowd.evidence.size() == 2);
  CHECK(crowd.evidence[1].session == 5);
}

TEST_CASE("several_things_that_are_shown_of_who_drops_a_connection") {
  Conversation talk;
  talk.session(1, 0s)
      .ehlo()
      .mail("452 Full")
      .end(journal::event::EndedBy::client_closed, Stage::mail);
  const Finding dropped = test::finding(judge(test::expecting({}), talk.journal()), "leave-taking");
  REQUIRE(dropped.evidence.size() == 2);
  CHECK(dropped.evidence[0].text == "MAIL FROM:<a@sender.test> -> 452 Full");
  CHECK(dropped.evidence[1].text == "client closed the connection at stage mail");
}

TEST_CASE("several_hours_after_a_421_nothing_is_open_of_who_took_leave") {
  Conversation talk;
  talk.session(1, 0s).ehlo().mail("421 Closing").quit().finish(3h);
  CHECK(test::finding(judge(test::expecting({}), talk.journal()), "closes-after-421").outcome ==
        Outcome::pass);
}

TEST_CASE("several_connections_were_not_seen_where_tempfail_ended_the_sender") {
  Conversation talk;
  talk.sender_started()
      .session(1, 0s, "421 Too many")
      .end(journal::event::EndedBy::server, Stage::greeting);
  CHECK(found(Conversation(talk).sender_timed_out(), "concurrency-drops").outcome ==
        Outcome::undecided);
  CHECK(found(Conversation(talk).sender_ended(0), "concurrency-drops").outcome ==
        Outcome::not_applicable);
}

TEST_CASE("several_copies_of_which_one_has_less_are_told_with_their_sizes") {
  Conversation own;
  own.handover("1", {"b@rcpt.test"}, "a@sender.test", "own");
  own.session(1, 0s).ehlo().mail().rcpt().data().content("", 5000, {}).message("452 Full").quit();
  own.session(2, 40min).ehlo().mail().rcpt().data().content("", 20, {}).message().quit();
  const Finding less = test::finding(judge(test::expecting({}), own.journal()), "content");
  CHECK(less.outcome == Outcome::fail);
  CHECK(less.actual ==
        "b@rcpt.test: the accepted content is not the message: its text has 20 bytes, "
        "but an earlier copy had 5000 (500 bytes arrived; 500 were handed over)");
  Conversation given;
  given.handover("1", {"b@rcpt.test"}, "a@sender.test", "given").session(1, 0s).ehlo();
  given.mail().rcpt().data().content("1-begin", 20, {}).message().quit();
  const Finding cut = test::finding(judge(test::expecting({}), given.journal()), "content");
  CHECK(cut.actual == "b@rcpt.test: the accepted content is not the message: it lacks its end "
                      "and its attachment (500 bytes arrived; 500 were handed over)");
}

TEST_CASE("several_tries_of_which_the_second_came_too_early_are_not_excused_by_what_came_later") {
  const scenario::Range<Duration> range = {30min, 4h};
  // A fall-back to clear text that was accepted at last.
  Conversation fell_back;
  fell_back.session(1, 0s).ehlo().mail("452 Full").quit().session(2, 1min).ehlo();
  fell_back.exchange(Stage::starttls, "STARTTLS", "220 Go").tls(false);
  fell_back.end(journal::event::EndedBy::client_reset, Stage::handshake);
  fell_back.session(3, 1min + 1s).ehlo().deliver();
  CHECK(found(fell_back, "first-retry", range).outcome == Outcome::fail);
  // A port that was gone to the end.
  Conversation gone;
  gone.sender_started().session(1, 1min).ehlo().refused().session(2, 2min).ehlo().refused();
  gone.sender_ended(0, true).port(scenario::ListenAnswer::silence, 10min).finish(6h);
  CHECK(found(gone, "first-retry", range).outcome == Outcome::fail);
}

TEST_CASE("several_connections_after_a_delivery_are_no_tries_at_it") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().deliver();
  for (std::uint64_t i = 2; i <= 4; ++i)
    talk.session(i, i * 1h, "554 No").end(journal::event::EndedBy::server, Stage::greeting);
  CHECK(found(talk, "tries", scenario::Range<std::uint64_t>{1, 1}).outcome == Outcome::pass);
}

TEST_CASE("several_things_end_a_message_in_the_midst_of_its_content") {
  Conversation talk;
  talk.session(1, 0s).ehlo().mail().rcpt().data();
  talk.exchange(Stage::content, {}, "", "close", 7);
  talk.end(journal::event::EndedBy::server, Stage::content).finish(2h);
  const Finding lost = found(talk, "delivered", std::string("once"));
  REQUIRE(lost.evidence.size() == 1);
  CHECK(lost.evidence[0].text == "server ended the connection at stage content");
}
