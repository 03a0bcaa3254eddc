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

Story story_of(const Conversation& talk, const StoryLimits& limits = {},
               const scenario::Scenario& scenario =
                   test::expecting({test::should("first-retry", Span{30min, 4h})})) {
  const journal::Journal& journal = talk.journal();
  return tell(observe(scenario, journal), limits);
}

Conversation deferred_then_accepted() {
  Conversation talk;
  talk.session(1, 0s).ehlo().mail().rcpt("452 Full").quit();
  talk.session(2, 1h).ehlo().mail().rcpt().data().content("one").message().quit();
  return talk;
}

} // namespace

TEST_CASE("story_has_the_tries_at_each_message_and_when_the_retry_was_to_come") {
  const Story story = story_of(deferred_then_accepted());
  CHECK(story.tries == 2);
  CHECK(story.deliveries == 1);
  CHECK(story.delivered == 1);
  REQUIRE(story.tracks.size() == 1);
  const StoryTrack& track = story.tracks[0];
  CHECK(track.recipient == "b@rcpt.test");
  CHECK(track.message == 0); // there is one only
  CHECK(track.delivered);
  REQUIRE(track.tries.size() == 2);
  CHECK(track.tries[0].result == "transient");
  CHECK_THAT(track.tries[0].said, Catch::Contains("452 Full"));
  CHECK(track.tries[0].session == 1);
  CHECK(track.tries[1].result == "accepted");
  CHECK(track.tries[1].begin >= Moment(1h));
  REQUIRE(track.next);
  CHECK(track.next->from == track.tries[0].end + 30min);
  CHECK(track.next->to == track.tries[0].end + 4h);
}

TEST_CASE("story_has_no_window_where_none_is_expected_or_nothing_failed") {
  CHECK_FALSE(story_of(deferred_then_accepted(), {}, test::expecting({test::must("retry")}))
                  .tracks[0]
                  .next);
  Conversation talk;
  talk.session(1, 0s).ehlo().mail().rcpt().data().content("one").message().quit();
  CHECK_FALSE(story_of(talk).tracks[0].next);
  const Story open =
      story_of(deferred_then_accepted(), {},
               test::expecting({test::should("first-retry", Span{30min, std::nullopt})}));
  REQUIRE(open.tracks[0].next);
  CHECK_FALSE(open.tracks[0].next->to);
}

TEST_CASE("story_shows_the_first_and_the_last_of_many_tries") {
  Conversation talk;
  for (int i = 0; i < 9; ++i)
    talk.session(static_cast<std::uint64_t>(i) + 1, i * 1h).ehlo().mail().rcpt("452 Full").quit();
  StoryLimits limits;
  limits.tries = 4;
  limits.talks = 3;
  const Story story = story_of(talk, limits);
  CHECK(story.tries == 9);
  CHECK(story.delivered == 0);
  REQUIRE(story.tracks[0].tries.size() == 4);
  CHECK(story.tracks[0].left_out == 5);
  CHECK(story.tracks[0].tries[1].session == 2);
  CHECK(story.tracks[0].tries[2].session == 8);
  REQUIRE(story.talks.size() == 3);
  CHECK(story.talks_left_out == 6);
  CHECK(story.talks[1].session == 2);
  CHECK(story.talks[2].session == 9);
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
  StoryLimits limits;
  limits.tracks = 2;
  const Story few = story_of(talk, limits);
  CHECK(few.deliveries == 3);
  CHECK(few.tracks.size() == 2);
  CHECK(few.tracks_left_out == 1);
  const Story all = story_of(talk);
  REQUIRE(all.tracks.size() == 3);
  CHECK(all.tracks[0].message == 1);
  CHECK(all.tracks[2].message == 2);
}

TEST_CASE("story_has_what_was_said_and_leaves_out_the_middle") {
  StoryLimits limits;
  const Story whole = story_of(deferred_then_accepted(), limits);
  REQUIRE(whole.talks.size() == 2);
  CHECK(whole.talks[0].left_out == 0);
  CHECK(whole.talks[0].client == "127.0.0.1");
  const std::size_t lines = whole.talks[0].lines.size();
  CHECK(lines > 6);
  limits.lines = 4;
  limits.text = 6;
  const Story cut = story_of(deferred_then_accepted(), limits);
  REQUIRE(cut.talks[0].lines.size() == 4);
  CHECK(cut.talks[0].left_out == lines - 4);
  CHECK(cut.talks[0].lines[0].text == whole.talks[0].lines[0].text.substr(0, 6) + "…");
  CHECK(cut.talks[0].lines[3].time == whole.talks[0].lines.back().time);
}

TEST_CASE("story_of_a_client_that_never_stops_talking_is_bounded") {
  Conversation talk;
  talk.session(1, 0s).ehlo();
  for (int i = 0; i < 5000; ++i)
    talk.exchange(scenario::Stage::noop, "NOOP", "250 Ok");
  const Story story = story_of(talk);
  REQUIRE(story.talks.size() == 1);
  CHECK(story.talks[0].lines.size() == StoryLimits{}.lines);
  CHECK(story.talks[0].lines.size() + story.talks[0].left_out > 10000);
}

TEST_CASE("story_is_part_of_a_verdict") {
  scenario::Scenario scenario = test::expecting({test::must("retry")});
  scenario.summary = "The disk is full";
  scenario.description = "And is cleaned up";
  const Conversation talk = deferred_then_accepted();
  const CaseVerdict verdict = judge(scenario, talk.journal());
  CHECK(verdict.story.server == "The disk is full");
  CHECK(verdict.story.description == "And is cleaned up");
  CHECK(verdict.story.tracks.size() == 1);
}
