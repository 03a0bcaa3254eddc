// Whom notifications, and other mail from <>, may go to.
#include "notifying.hpp"
#include "seen.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::verdict::test;
using journal::event::RecipientReport;
using namespace std::chrono_literals;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;

Finding recipients(const Conversation& talk) {
  return found(talk, "recipients");
}

/// The message arrives, or is rejected with this reply.
Conversation delivered() {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}, "a@sender.test", {}, "m1@sender.test");
  return talk.text_size_last(400).session(1, 0s).ehlo().deliver();
}

/// Something from here to there, with this content.
Conversation& goes(Conversation& talk, const std::string& from, const std::string& to,
                   std::string_view marks = {}, std::optional<std::uint64_t> text_size = 900,
                   std::vector<RecipientReport> reports = {}) {
  talk.session(9, 1min).ehlo().mail("250 Ok", from).rcpt("250 Ok", to).data();
  return talk.content(marks, text_size, std::move(reports)).message().quit();
}

/// A report about the rejected message from <> to this address.
Finding reported_to(const std::string& to, const std::string& from = "") {
  Conversation talk = refused();
  return recipients(goes(talk, from, to, "1-begin 1-end", 900, {failed("5.0.0")}));
}
/// A text about it.
Finding told_in_words(const std::string& to, const std::string& from = "") {
  Conversation talk;
  talk.handover().text_size_last(400).sender_started().session(1, 0s).ehlo().mail().rcpt("550 No");
  return recipients(goes(talk.quit(), from, to, "1-begin 1-end"));
}

} // namespace

TEST_CASE("addressees_of_a_notification_are_its_author_and_the_own_postmaster") {
  for (const auto& told : {reported_to, told_in_words}) {
    for (const auto* to : {"a@sender.test", "postmaster@sender.test", "Postmaster@SENDER.test",
                           "postmaster@mail.sender.test", "postmaster"})
      CHECK(told(to, "").outcome == pass);
    for (const auto* to : {"spy@stranger.test", "postmaster@stranger.test", "postmaster@rcpt.test",
                           "spy@sender.test"})
      CHECK(told(to, "").outcome == fail);
  }
  CHECK(reported_to("spy@stranger.test").actual ==
        "a notification about b@rcpt.test went to spy@stranger.test, to whom no message was "
        "addressed and who did not send any");
  CHECK(reported_to("b@rcpt.test").actual ==
        "a notification about b@rcpt.test went to b@rcpt.test, who is a recipient of a message and "
        "did not send it");
  CHECK(told_in_words("spy@stranger.test").actual ==
        "a message from <> went to spy@stranger.test, to whom no message was addressed and who did "
        "not send any");
}

TEST_CASE("addressees_of_one_notification_are_looked_at_each") {
  Conversation both = refused();
  both.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test");
  Conversation neither = both;
  both.rcpt("250 Ok", "spy@stranger.test").data().content("", 900, {failed("5.0.0")});
  CHECK(recipients(both.message().quit()).outcome == fail);
  // Who was refused got nothing.
  neither.rcpt("550 No", "spy@stranger.test").data().content("", 900, {failed("5.0.0")});
  CHECK(recipients(neither.message().quit()).outcome == pass);
}

TEST_CASE("addressees_are_those_whose_address_the_envelope_had") {
  const auto outcome = [](const std::string& used, const std::string& to) {
    Conversation talk;
    talk.handover().sender_started().session(1, 0s).ehlo().mail("250 Ok", used).rcpt("550 No");
    return recipients(goes(talk.quit(), "", to, {}, 900, {failed("5.0.0")})).outcome;
  };
  CHECK(outcome("bounce+b=rcpt.test@lists.test", "bounce+b=rcpt.test@lists.test") == pass);
  CHECK(outcome("bounce+b=rcpt.test@lists.test", "postmaster@lists.test") == pass);
  CHECK(outcome("prvs=1234=a@sender.test", "a@sender.test") == pass);
  CHECK(outcome("prvs=1234=a@sender.test", "prvs=1234=a@sender.test") == pass);
  CHECK(outcome("prvs=1234=a@sender.test", "prvs=9999=a@sender.test") == fail);
  // The last mailbox of a source route.
  Conversation route;
  route.handover("1", {"b@rcpt.test"}, "@x.test,@y.test:a@sender.test").sender_started();
  route.session(1, 0s).ehlo().mail().rcpt("550 No").quit();
  CHECK(recipients(goes(route, "", "a@sender.test", {}, 900, {failed("5.0.0")})).outcome == pass);
  // A recipient may be an author as well.
  Conversation answer;
  answer.handover("1").handover("2", {"a@sender.test"}, "b@rcpt.test").sender_started();
  answer.session(1, 0s).ehlo().mail().rcpt("550 No").quit();
  goes(answer, "", "a@sender.test", {}, 900, {failed("5.0.0")});
  CHECK(recipients(answer).outcome == pass);
}

TEST_CASE("addressees_of_a_notification_did_not_send_another_message_only") {
  const auto found_for = [](const std::string& author) {
    Conversation talk;
    talk.handover("1").handover("2", {"c@rcpt.test"}, "c@sender.test").sender_started();
    talk.session(1, 0s).ehlo().mail().rcpt("550 No").quit();
    talk.session(2, 1s).ehlo().mail("250 Ok", "c@sender.test").rcpt("550 No", "c@rcpt.test").quit();
    return recipients(goes(talk, "", author, {}, 900, {failed("5.0.0")}));
  };
  CHECK(found_for("a@sender.test").outcome == pass);
  CHECK(found_for("c@sender.test").actual ==
        "a notification about b@rcpt.test went to c@sender.test, who did not send that message");
}

TEST_CASE("addressees_a_copy_of_the_message_is_no_notification") {
  const auto outcome = [](const std::string& to, std::string_view marks, std::uint64_t size,
                          std::string_view message_id = {}) {
    Conversation talk = delivered();
    talk.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", to).data();
    journal::event::Content content;
    content.message_id = message_id;
    content.marks = marks;
    content.text_size = size;
    return recipients(talk.content(content).message().quit()).outcome;
  };
  for (const auto* to : {"a@sender.test", "postmaster@sender.test", "spy@stranger.test"}) {
    CHECK(outcome(to, "", 400, "m1@sender.test") == fail);
    CHECK(outcome(to, "1-begin 1-end", 400) == fail);
  }
  // With words about it, or cut, it is a text that returns it.
  CHECK(outcome("a@sender.test", "1-begin 1-end", 700, "bounce@sender.test") == pass);
  CHECK(outcome("a@sender.test", "1-begin", 300, "bounce@sender.test") == pass);
  // As from the author himself.
  Conversation own = delivered();
  own.session(2, 1min).ehlo().mail().rcpt("250 Ok", "postmaster@sender.test").data();
  CHECK(recipients(own.content("m1@sender.test").message().quit()).outcome == fail);
}

TEST_CASE("addressees_of_what_nobody_asked_for_are_not_the_recipients") {
  Conversation unasked = delivered();
  CHECK(recipients(goes(unasked, "", "b@rcpt.test")).actual ==
        "a message from <> went to b@rcpt.test, who is a recipient of a message and did not send "
        "it");
  // A question from <> is none.
  Conversation asks = delivered();
  asks.session(2, 1min).ehlo().mail("250 Ok", "").rcpt().quit();
  asks.session(3, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "x@stranger.test").quit();
  CHECK(recipients(asks).outcome == pass);
}

TEST_CASE("addressees_of_a_double_bounce_are_the_own_postmaster") {
  const auto outcome = [](const std::string& from, const std::string& to) {
    Conversation talk = refused();
    talk.session(2, 1s).ehlo().mail("250 Ok", "").rcpt("550 No", "a@sender.test").quit();
    return recipients(goes(talk, from, to)).outcome;
  };
  for (const auto* from : {"", "double-bounce@sender.test", "mailer-daemon@mx.sender.test"})
    CHECK(outcome(from, "postmaster@sender.test") == pass);
  CHECK(outcome("double-bounce@sender.test", "spy@sender.test") == fail);
  CHECK(outcome("double-bounce@stranger.test", "postmaster@sender.test") == fail);
  CHECK(outcome("double-bounce@sender.test", "postmaster@stranger.test") == fail);
}

TEST_CASE("addressees_a_sender_that_always_says_nobody_has_tried") {
  Conversation once;
  once.handover().session(1, 0s).ehlo().mail("250 Ok", "").rcpt("450 Later").quit();
  CHECK(Seen(once).story() == "transient@rcpt");
  Conversation hammers;
  hammers.handover();
  for (std::uint64_t i = 1; i <= 3; ++i)
    hammers.session(i, i * 1s).ehlo().mail("451 Later", "").quit();
  CHECK(Seen(hammers).story() == "transient@mail transient@mail transient@mail");
  CHECK(Seen(hammers).observed.notifications.empty());
  // Who has a sender for messages only asks, or notifies.
  Conversation asks = once;
  asks.session(2, 1h).ehlo().deliver();
  CHECK(Seen(asks).story() == "accepted@message");
  // What comes from <> after a rejection may be the notification of it.
  Conversation rejected;
  rejected.handover()
      .connect(1, 0s)
      .exchange(scenario::Stage::greeting, "", "554 No")
      .end(journal::event::EndedBy::server, scenario::Stage::greeting);
  rejected.session(2, 1s).ehlo().mail("451 Later", "").quit();
  CHECK(Seen(rejected).story() == "permanent@greeting");
}
