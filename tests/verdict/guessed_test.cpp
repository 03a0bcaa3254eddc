// Which tries belong to which message where nobody said what was sent.
#include "seen.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using test::Seen;
using namespace std::chrono_literals;

TEST_CASE("guessed_messages_are_told_apart_by_their_message_ids") {
  Conversation talk;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const std::string id = "m" + std::to_string(i);
    talk.session(i + 1, i * 1s).ehlo().mail().rcpt().data().content(id).message("452 Full").quit();
    talk.session(i + 4, 40min - i * 1s).ehlo().deliver(id);
  }
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 3);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(seen.story(i) == "transient@message accepted@message");
}

TEST_CASE("guessed_envelopes_tell_messages_apart_before_the_content") {
  Conversation talk;
  talk.session(1, 0s).ehlo().mail("452 Full", "one@sender.test").quit();
  talk.session(2, 1s)
      .ehlo()
      .mail("250 Ok", "two@sender.test")
      .rcpt("452 Full", "c@rcpt.test")
      .quit();
  talk.session(3, 2s)
      .ehlo()
      .mail("250 Ok", "two@sender.test")
      .rcpt("452 Full", "d@rcpt.test")
      .quit();
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 3);
  CHECK(seen.observed.messages[1].deliveries.at(0).recipient == "c@rcpt.test");
  CHECK(seen.observed.messages[2].deliveries.at(0).recipient == "d@rcpt.test");
}

TEST_CASE("guessed_retries_that_are_never_accepted_are_one_message") {
  Conversation talk;
  for (std::uint64_t i = 0; i < 4; ++i)
    talk.session(i + 1, i * 40min)
        .ehlo()
        .mail("250 Ok", "a@sender.test", " SIZE=" + std::to_string(500 + i))
        .rcpt("452 Full")
        .quit();
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 1);
  CHECK(seen.story() == "transient@rcpt transient@rcpt transient@rcpt transient@rcpt");
}

TEST_CASE("guessed_what_was_accepted_or_refused_for_good_and_comes_again_is_a_repetition") {
  Conversation twice;
  twice.session(1, 0s).ehlo().deliver();
  twice.session(2, 40min).ehlo().deliver();
  CHECK(Seen(twice).story() == "accepted@message accepted@message");
  Conversation refused;
  refused.session(1, 0s).ehlo().mail().rcpt("550 No").quit();
  refused.session(2, 40min).ehlo().mail().rcpt("550 No").quit();
  CHECK(Seen(refused).story() == "permanent@rcpt permanent@rcpt");
  // To somebody else it is another message.
  Conversation other;
  other.session(1, 0s).ehlo().mail().rcpt("550 No").quit();
  other.session(2, 40min).ehlo().mail().rcpt("550 No", "c@rcpt.test").quit();
  CHECK(Seen(other).observed.messages.size() == 2);
}

TEST_CASE("guessed_messages_from_nobody_are_notifications_where_others_have_a_sender") {
  Conversation alone;
  alone.session(1, 0s).ehlo().mail("452 Full", "").quit();
  alone.session(2, 40min).ehlo().mail("250 Ok", "").rcpt().data().content().message().quit();
  CHECK(Seen(alone).story() == "transient@mail accepted@message");
  CHECK(Seen(alone).observed.notifications.empty());
  Conversation beside = alone;
  beside.session(3, 50min).ehlo().deliver("m3");
  CHECK(Seen(beside).observed.messages.size() == 1);
  CHECK(Seen(beside).observed.notifications.size() == 2);
  // What carries a report is one, whoever sends it.
  Conversation report;
  report.session(1, 0s).ehlo().mail().rcpt("550 No").quit();
  report.session(2, 1min)
      .ehlo()
      .mail("250 Ok", "mailer-daemon@sender.test")
      .rcpt("250 Ok", "a@sender.test");
  report.data().content("", {}, {{"b@rcpt.test", "failed", "5.1.1"}}).message().quit();
  CHECK(Seen(report).observed.messages.size() == 1);
  CHECK(Seen(report).observed.notifications.size() == 1);
}

TEST_CASE("guessed_connections_before_mail_are_of_the_message_that_waits_longest") {
  Conversation talk;
  talk.session(1, 0s).ehlo().mail().rcpt().data().content("one").message("452 Full").quit();
  talk.session(2, 1min).ehlo().mail().rcpt().data().content("two").message("452 Full").quit();
  talk.session(3, 40min, "421 Busy").end(EndedBy::server, Stage::greeting);
  talk.session(4, 41min).ehlo().deliver("two");
  talk.session(5, 80min).ehlo().deliver("one");
  const Seen seen(talk);
  CHECK(seen.story(0) == "transient@message transient@greeting accepted@message");
  CHECK(seen.story(1) == "transient@message accepted@message");
}

TEST_CASE("guessed_a_try_before_the_content_is_of_the_message_that_waits_longest") {
  Conversation talk;
  talk.session(1, 0s).ehlo().mail().rcpt().data().content("one").message("452 Full").quit();
  talk.session(2, 1min).ehlo().mail().rcpt().data().content("two").message("452 Full").quit();
  talk.session(3, 40min).ehlo().mail().rcpt("452 Full").quit();
  talk.session(4, 90min).ehlo().deliver("two");
  talk.session(5, 91min).ehlo().deliver("one");
  const Seen seen(talk);
  CHECK(seen.story(0) == "transient@message transient@rcpt accepted@message");
  CHECK(seen.story(1) == "transient@message accepted@message");
}

TEST_CASE("guessed_what_comes_just_after_a_failure_is_likelier_another_message") {
  Conversation talk;
  for (std::uint64_t i = 0; i < 5; ++i)
    talk.session(i + 1, i * 1s).ehlo().refused();
  for (std::uint64_t i = 0; i < 5; ++i)
    talk.session(i + 6, 40min + i * 1s).ehlo().deliver("m" + std::to_string(i));
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 5);
  for (std::size_t i = 0; i < 5; ++i)
    CHECK(seen.story(i) == "transient@mail accepted@message");
  // One that has waited for a minute comes before one that was never tried.
  Conversation later;
  later.session(1, 0s).ehlo().refused().session(2, 1min + 30ms).ehlo().refused();
  later.session(3, 90min).ehlo().deliver("one").session(4, 91min).ehlo().deliver("two");
  CHECK(Seen(later).story(0) == "transient@mail transient@mail accepted@message");
  CHECK(Seen(later).story(1) == "accepted@message");
}

TEST_CASE("guessed_other_recipients_are_not_of_a_message_that_waits") {
  Conversation talk;
  talk.session(1, 0s).ehlo().mail().rcpt().data().content("one").message("452 Full").quit();
  talk.session(2, 40min).ehlo().mail().rcpt("452 Full", "c@rcpt.test").quit();
  talk.session(3, 80min).ehlo().deliver("one");
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 2);
  CHECK(seen.story(0) == "transient@message accepted@message");
  CHECK(seen.story(1) == "transient@rcpt");
}

TEST_CASE("guessed_probes_are_no_messages") {
  Conversation talk;
  talk.session(1, 0s).ehlo().quit();
  talk.session(2, 1s).end(EndedBy::client_closed, Stage::ehlo);
  CHECK(Seen(talk).observed.messages.empty());
}

TEST_CASE("guessed_what_is_done_with_is_not_tried_by_a_further_connection") {
  Conversation talk;
  talk.session(1, 0s).ehlo().deliver();
  talk.session(2, 1min, "421 Busy").end(EndedBy::server, Stage::greeting);
  CHECK(Seen(talk).story() == "accepted@message");
}
