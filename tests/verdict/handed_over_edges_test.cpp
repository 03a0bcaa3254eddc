// Where the bounds lie between a try at a handed-over message, a call-out, a notification, and nothing at all; and of
// which recipient a connection is that failed before any was named.
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

const std::vector<std::string> three = {"b@rcpt.test", "c@rcpt.test", "d@rcpt.test"};
const std::string other = "x@elsewhere.test";

/// The tries of the only message's only recipient, when the handover is from here.
std::string story(Conversation& talk) {
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 1);
  return seen.story();
}

Conversation handed(std::string_view sender = "a@sender.test") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}, sender);
  return talk;
}

} // namespace

TEST_CASE("handed_over_edges_who_leaves_after_a_refusal_from_another_sender_has_tried") {
  const auto tried = [](std::string_view mail, std::string_view rcpt) {
    Conversation talk = handed();
    talk.session(1, 0s).ehlo().mail(mail, other).rcpt(rcpt).quit();
    return !Seen(talk).observed.messages[0].deliveries[0].tries.empty();
  };
  for (const auto* refusal : {"400 No", "452 Full", "599 Never"}) {
    CHECK(tried("250 Ok", refusal));
    CHECK(tried(refusal, "503 What for?"));
  }
  CHECK_FALSE(tried("250 Ok", "250 Ok")); // it asked whether the address exists
  CHECK_FALSE(tried("399 Hm", "250 Ok")); // no refusal that SMTP knows
}

TEST_CASE("handed_over_edges_a_call_out_ends_where_its_client_ends_it") {
  // By RSET, whatever becomes of the connection after that.
  Conversation reset = handed();
  reset.session(1, 0s).ehlo().mail("250 Ok", other).rcpt();
  reset.exchange(Stage::rset, "RSET", "250 Ok").end(EndedBy::server, Stage::rset);
  CHECK(story(reset).empty());
  // By its own end; who was cut off would have gone on.
  const auto ended = [](EndedBy by) {
    Conversation talk = handed();
    talk.session(1, 0s).ehlo().mail("250 Ok", other).rcpt().end(by, Stage::data);
    return story(talk);
  };
  CHECK(ended(EndedBy::client_closed).empty());
  CHECK(ended(EndedBy::client_reset).empty());
  CHECK(ended(EndedBy::server) == "trouble@data");
  CHECK(ended(EndedBy::server_stop) == "cut off@data");
}

TEST_CASE("handed_over_edges_mail_and_nothing_after_it_is_a_try_only_where_something_failed") {
  Conversation left = handed();
  left.session(1, 0s).ehlo().mail().quit();
  CHECK(story(left).empty());
  Conversation refused = handed();
  refused.session(1, 0s).ehlo().mail("452 Full").quit();
  CHECK(story(refused) == "transient@mail");
  // From <> it is a notification, unless the message is from <>, or the sender never says anything else.
  Conversation notification = handed();
  notification.session(1, 0s).ehlo().mail("452 Full", "").quit();
  CHECK(story(notification) == "transient@mail");
  notification.session(2, 1h).ehlo().mail("452 Full").quit();
  const Seen seen(notification);
  CHECK(seen.story() == "transient@mail");
  CHECK(seen.observed.notifications.size() == 1);
  Conversation from_nobody = handed("");
  from_nobody.session(1, 0s).ehlo().mail("452 Full", "").quit();
  CHECK(story(from_nobody) == "transient@mail");
}

TEST_CASE("handed_over_edges_a_message_from_nobody_shows_no_habit_of_its_sender") {
  // That <> was used says nothing: call-outs use it as well. So another sender may be the message's.
  Conversation talk = handed("");
  talk.session(1, 0s).ehlo().mail("250 Ok", "").rcpt("452 Full").quit();
  talk.session(2, 40min).ehlo().mail("250 Ok", other).rcpt();
  talk.end(EndedBy::server, Stage::data);
  CHECK(story(talk) == "transient@rcpt trouble@data");
}

TEST_CASE("handed_over_edges_messages_without_a_message_id_take_turns") {
  Conversation talk;
  talk.handover("1").handover("2");
  for (std::uint64_t i = 1; i <= 2; ++i)
    talk.session(i, i * 1s).ehlo().mail().rcpt().data().content("", 7).message().quit();
  const Seen seen(talk);
  CHECK(seen.story(0) == "accepted@message");
  CHECK(seen.story(1) == "accepted@message");
}

TEST_CASE("handed_over_edges_one_transaction_may_be_for_recipients_of_two_messages") {
  Conversation talk;
  talk.handover("1").handover("2", {"c@rcpt.test"});
  talk.session(1, 0s).ehlo().mail().rcpt("452 Full").rcpt("550 No", "c@rcpt.test").quit();
  const Seen seen(talk);
  REQUIRE(seen.observed.messages[0].deliveries.size() == 1);
  REQUIRE(seen.observed.messages[1].deliveries.size() == 1);
  CHECK(seen.story(0) == "transient@rcpt");
  CHECK(seen.story(1) == "permanent@rcpt");
}

TEST_CASE("handed_over_edges_tries_of_one_moment_stand_in_the_order_of_their_connections") {
  Conversation talk = handed();
  talk.session(1, 0s).session(2, 0s);
  talk.resume(1, 1s).ehlo().mail().rcpt("452 Full").quit();
  talk.resume(2, 2s).ehlo().mail().rcpt("550 No").quit();
  CHECK(story(talk) == "transient@rcpt permanent@rcpt");
}

TEST_CASE("handed_over_edges_a_connection_is_for_the_recipient_who_has_waited_longest") {
  // Each recipient has a connection of its own; the first one has the message already.
  Conversation talk;
  talk.handover("1", three).session(1, 0s).ehlo().mail().rcpt();
  talk.data().content().message().quit();
  talk.session(2, 1s).ehlo().mail().rcpt("452 Full", "c@rcpt.test").quit();
  talk.session(3, 2s).ehlo().mail().rcpt("452 Full", "d@rcpt.test").quit();
  talk.session(4, 40min, "421 Busy").end(EndedBy::server, Stage::greeting);
  const Seen seen(talk);
  CHECK(seen.story(0, 0) == "accepted@message");
  CHECK(seen.story(0, 1) == "transient@rcpt transient@greeting");
  CHECK(seen.story(0, 2) == "transient@rcpt");
  // Of those that have waited as long, the first; notifications show no habit of joining recipients.
  Conversation first;
  first.handover("1", three).session(1, 0s, "421 Busy").end(EndedBy::server, Stage::greeting);
  first.session(2, 1h).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test");
  first.rcpt("250 Ok", "postmaster@sender.test").data().content().message().quit();
  const Seen alone(first);
  CHECK(alone.story(0, 0) == "transient@greeting");
  CHECK(alone.story(0, 1).empty());
  CHECK(alone.story(0, 2).empty());
}

TEST_CASE("handed_over_edges_late_connections_are_those_of_notifications_first") {
  // Two were refused for good: two further connections may be for their notifications, a third one is a retry.
  const auto stories = [](int late, std::string_view greeting) {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test", "c@rcpt.test"}).session(1, 0s).ehlo().mail();
    talk.rcpt("550 No").rcpt("550 No", "c@rcpt.test").quit();
    for (int i = 0; i < late; ++i)
      talk.session(static_cast<std::uint64_t>(i) + 2, (i + 1) * 1h, greeting)
          .end(EndedBy::server, Stage::greeting);
    const Seen seen(talk);
    return seen.story(0, 0) + ", " + seen.story(0, 1);
  };
  CHECK(stories(2, "554 No") == "permanent@rcpt, permanent@rcpt");
  CHECK(stories(3, "554 No") == "permanent@rcpt permanent@greeting, permanent@rcpt");
  CHECK(stories(4, "421 Busy") == "permanent@rcpt, permanent@rcpt");
}
