// Which message a try is guessed to be of, where several wait, and how far the guess looks.
#include "seen.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using test::Seen;
using namespace std::chrono_literals;

namespace {

Conversation& refused(Conversation& talk, std::uint64_t session, Moment at,
                      const std::string& recipient = "b@rcpt.test",
                      const std::string& sender = "a@sender.test") {
  return talk.session(session, at).ehlo().mail("250 Ok", sender).rcpt("452 Full", recipient).quit();
}

Conversation& put_off(Conversation& talk, std::uint64_t session, Moment at, const std::string& id) {
  return talk.session(session, at)
      .ehlo()
      .mail()
      .rcpt()
      .data()
      .content(id)
      .message("452 Full")
      .quit();
}

} // namespace

TEST_CASE("guessed_edges_what_failed_just_now_is_tried_again_where_nothing_else_fits") {
  Conversation recipients;
  refused(recipients, 1, 0s);
  refused(recipients, 2, 1s, "c@rcpt.test");
  refused(recipients, 3, 10s, "c@rcpt.test");
  const Seen apart(recipients);
  REQUIRE(apart.observed.messages.size() == 2);
  CHECK(apart.story(0) == "transient@rcpt");
  CHECK(apart.story(1) == "transient@rcpt transient@rcpt");
  // Of two that are alike, the one that failed first.
  Conversation alike;
  put_off(alike, 1, 0s, "one");
  put_off(alike, 2, 5s, "two");
  refused(alike, 3, 10s);
  const Seen seen(alike);
  REQUIRE(seen.observed.messages.size() == 2);
  CHECK(seen.story(0) == "transient@message transient@rcpt");
  CHECK(seen.story(1) == "transient@message");
}

TEST_CASE("guessed_edges_a_minute_makes_a_message_tired") {
  // The second comes a minute after the first one's end, or sooner; a third one has not been tried yet.
  const auto story = [](Duration after) {
    Conversation talk;
    put_off(talk, 1, 0s, "one");
    refused(talk, 2, 70ms + after);
    put_off(talk, 3, 3h, "two");
    return Seen(talk).story(0);
  };
  CHECK(story(1min) == "transient@message transient@rcpt");
  CHECK(story(1min - 1us) == "transient@message");
}

TEST_CASE("guessed_edges_a_message_of_another_sender_is_not_meant") {
  Conversation talk;
  refused(talk, 1, 0s);
  refused(talk, 2, 40min, "b@rcpt.test", "x@sender.test");
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 2);
  CHECK(seen.observed.messages[0].sender == "a@sender.test");
  CHECK(seen.observed.messages[1].sender == "x@sender.test");
  // A connection that failed before MAIL could be anybody's: it is of who comes next.
  Conversation before;
  before.session(1, 0s, "421 Busy").end(EndedBy::server, Stage::greeting);
  refused(before, 2, 40min);
  refused(before, 3, 41min, "b@rcpt.test", "x@sender.test");
  const Seen later(before);
  REQUIRE(later.observed.messages.size() == 2);
  CHECK(later.story(0) == "transient@greeting transient@rcpt");
  CHECK(later.observed.messages[0].sender == "a@sender.test");
}

TEST_CASE("guessed_edges_one_look_is_at_sixty_four_messages") {
  const auto messages = [](int others) {
    Conversation talk;
    std::uint64_t session = 0;
    for (int i = 0; i < others; ++i)
      refused(talk, ++session, i * 1s, "r" + std::to_string(i) + "@rcpt.test");
    refused(talk, ++session, 10min, "x@rcpt.test");
    refused(talk, ++session, 2h, "x@rcpt.test");
    return Seen(talk).observed.messages.size();
  };
  CHECK(messages(63) == 64);
  CHECK(messages(64) == 66);
}

TEST_CASE("guessed_edges_one_that_is_under_way_is_meant_only_where_nothing_else_is") {
  const auto story = [](bool another, std::size_t message) {
    Conversation talk;
    put_off(talk, 1, 0s, "one");
    talk.session(2, 8min).ehlo().mail();
    talk.held(Stage::rcpt, "RCPT TO:<b@rcpt.test>", 2min, "452 Full").quit();
    talk.session(3, 9min).ehlo().deliver("one");
    if (another) put_off(talk, 4, 3h, "two");
    return Seen(talk).story(message);
  };
  CHECK(story(false, 0) == "transient@message transient@rcpt accepted@message");
  CHECK(story(true, 0) == "transient@message accepted@message");
  CHECK(story(true, 1) == "transient@rcpt transient@message");
}
