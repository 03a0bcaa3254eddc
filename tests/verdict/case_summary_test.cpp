// What is told of a sender: tries and when the next was to come, what was said, and how much of it.
#include "conversation.hpp"
#include "findings.hpp"
#include "verdict/observation.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using test::Conversation;
using namespace std::chrono_literals;
using Span = scenario::Range<Duration>;

namespace {

CaseSummary story_of(const Conversation& talk, const SummaryLimits& limits = {},
                     const scenario::Scenario& scenario =
                         test::expecting({test::should("first-retry", Span{30min, 4h})})) {
  const journal::Journal& journal = talk.journal();
  return summarize(observe(scenario, journal), limits);
}

Conversation deferred_then_accepted() {
  Conversation talk;
  talk.session(1, 0s).ehlo().mail().rcpt("452 Full").quit();
  talk.session(2, 1h).ehlo().mail().rcpt().data().content("one").message().quit();
  return talk;
}

} // namespace

TEST_CASE("story_has_the_tries_at_each_message_and_when_the_retry_was_to_come") {
  const CaseSummary summary = story_of(deferred_then_accepted());
  CHECK(summary.tries == 2);
  CHECK(summary.deliveries == 1);
  CHECK(summary.delivered == 1);
  REQUIRE(summary.timelines.size() == 1);
  const DeliveryTimeline& timeline = summary.timelines[0];
  CHECK(timeline.recipient == "b@rcpt.test");
  CHECK(timeline.message == 0); // there is one only
  CHECK(timeline.delivered);
  REQUIRE(timeline.tries.size() == 2);
  CHECK(timeline.tries[0].result == "transient");
  CHECK_THAT(timeline.tries[0].said, Catch::Contains("452 Full"));
  CHECK(timeline.tries[0].session == 1);
  CHECK(timeline.tries[1].result == "accepted");
  CHECK(timeline.tries[1].begin >= Moment(1h));
  REQUIRE(timeline.next);
  CHECK(timeline.next->from == timeline.tries[0].end + 30min);
  CHECK(timeline.next->to == timeline.tries[0].end + 4h);
}

TEST_CASE("story_has_no_window_where_none_is_expected_or_nothing_failed") {
  CHECK_FALSE(story_of(deferred_then_accepted(), {}, test::expecting({test::must("retry")}))
                  .timelines[0]
                  .next);
  Conversation talk;
  talk.session(1, 0s).ehlo().mail().rcpt().data().content("one").message().quit();
  CHECK_FALSE(story_of(talk).timelines[0].next);
  const CaseSummary open =
      story_of(deferred_then_accepted(), {},
               test::expecting({test::should("first-retry", Span{30min, std::nullopt})}));
  REQUIRE(open.timelines[0].next);
  CHECK_FALSE(open.timelines[0].next->to);
}

TEST_CASE("story_shows_the_first_and_the_last_of_many_tries") {
  Conversation talk;
  for (int i = 0; i < 9; ++i)
    talk.session(static_cast<std::uint64_t>(i) + 1, i * 1h).ehlo().mail().rcpt("452 Full").quit();
  SummaryLimits limits;
  limits.tries = 4;
  limits.dialogues = 3;
  const CaseSummary summary = story_of(talk, limits);
  CHECK(summary.tries == 9);
  CHECK(summary.delivered == 0);
  REQUIRE(summary.timelines[0].tries.size() == 4);
  CHECK(summary.timelines[0].left_out == 5);
  CHECK(summary.timelines[0].tries[1].session == 2);
  CHECK(summary.timelines[0].tries[2].session == 8);
  REQUIRE(summary.dialogues.size() == 3);
  CHECK(summary.dialogues_left_out == 6);
  CHECK(summary.dialogues[1].session == 2);
  CHECK(summary.dialogues[2].session == 9);
}

TEST_CASE("story_shows_so_many_recipients_and_numbers_messages_where_there_are_several") {
  Conversation talk;
  talk.session(1, 0s)
      .ehlo()
      .mail()
      .rcpt("250 Ok", "b@rcpt.test")
      .rcpt("250 Ok", "c@rcpt.test")
      .data();
  talk.content("one").message().quit();
  talk.session(2, 1h)
      .ehlo()
      .mail()
      .rcpt("250 Ok", "d@rcpt.test")
      .data()
      .content("two", 2)
      .message()
      .quit();
  SummaryLimits limits;
  limits.timelines = 2;
  const CaseSummary few = story_of(talk, limits);
  CHECK(few.deliveries == 3);
  CHECK(few.timelines.size() == 2);
  CHECK(few.timelines_left_out == 1);
  const CaseSummary all = story_of(talk);
  REQUIRE(all.timelines.size() == 3);
  CHECK(all.timelines[0].message == 1);
  CHECK(all.timelines[2].message == 2);
}

TEST_CASE("story_has_what_was_said_and_leaves_out_the_middle") {
  SummaryLimits limits;
  const CaseSummary whole = story_of(deferred_then_accepted(), limits);
  REQUIRE(whole.dialogues.size() == 2);
  CHECK(whole.dialogues[0].left_out == 0);
  CHECK(whole.dialogues[0].client == "127.0.0.1");
  const std::size_t lines = whole.dialogues[0].lines.size();
  CHECK(lines > 6);
  limits.lines = 4;
  limits.text = 6;
  const CaseSummary cut = story_of(deferred_then_accepted(), limits);
  REQUIRE(cut.dialogues[0].lines.size() == 4);
  CHECK(cut.dialogues[0].left_out == lines - 4);
  CHECK(cut.dialogues[0].lines[0].text == whole.dialogues[0].lines[0].text.substr(0, 6) + "…");
  CHECK(cut.dialogues[0].lines[3].time == whole.dialogues[0].lines.back().time);
}

TEST_CASE("story_of_a_client_that_never_stops_talking_is_bounded") {
  Conversation talk;
  talk.session(1, 0s).ehlo();
  for (int i = 0; i < 5000; ++i)
    talk.exchange(scenario::Stage::noop, "NOOP", "250 Ok");
  const CaseSummary summary = story_of(talk);
  REQUIRE(summary.dialogues.size() == 1);
  CHECK(summary.dialogues[0].lines.size() == SummaryLimits{}.lines);
  CHECK(summary.dialogues[0].lines.size() + summary.dialogues[0].left_out > 10000);
}

TEST_CASE("story_is_part_of_a_verdict") {
  scenario::Scenario scenario = test::expecting({test::must("retry")});
  scenario.summary = "The disk is full";
  scenario.description = "And is cleaned up";
  const Conversation talk = deferred_then_accepted();
  const CaseVerdict verdict = judge(scenario, talk.journal());
  CHECK(verdict.summary.server == "The disk is full");
  CHECK(verdict.summary.description == "And is cleaned up");
  CHECK(verdict.summary.timelines.size() == 1);
}
