// Which tries belong to which handed-over message, in the ways in which right senders go about it.
#include "findings.hpp"
#include "seen.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using test::Seen;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> three = {"b@rcpt.test", "c@rcpt.test", "d@rcpt.test"};

/// EHLO to QUIT for one recipient.
Conversation& deliver_to(Conversation& talk, const std::string& recipient,
                         const std::string& sender = "a@sender.test") {
  talk.ehlo().mail("250 Ok", sender).rcpt("250 Ok", recipient);
  return talk.data().content().message().quit();
}
Conversation& refuse(Conversation& talk, const std::string& recipient,
                     const std::string& sender = "a@sender.test") {
  return talk.ehlo().mail("250 Ok", sender).rcpt("452 4.2.2 Full", recipient).quit();
}

Outcome outcome(const Conversation& talk, std::string_view rule) {
  const scenario::Scenario usual =
      test::expecting({test::must("retry"), test::must("delivered", std::string("once"))});
  return test::finding(judge(usual, talk.journal()), rule).outcome;
}

} // namespace

TEST_CASE("handed_over_is_known_before_anything_comes") {
  Conversation talk;
  talk.handover("1", {"B@rcpt.test", "c@rcpt.test", "b@rcpt.test"}).sender_started();
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 1);
  REQUIRE(seen.observed.messages[0].deliveries.size() == 2); // one is named twice
  REQUIRE(seen.observed.messages[0].deliveries[0].recipient == "b@rcpt.test");
}

TEST_CASE("handed_over_a_recipient_that_was_never_tried_has_no_tries") {
  Conversation talk;
  talk.handover("1", three).session(1, 0s).ehlo().mail().rcpt().rcpt("550 No", "c@rcpt.test");
  talk.data().content().message().quit();
  const Seen seen(talk);
  CHECK(seen.story(0, 0) == "accepted@message");
  CHECK(seen.story(0, 1) == "permanent@rcpt");
  CHECK(seen.story(0, 2).empty());
  CHECK(outcome(talk, "delivered") == Outcome::fail);
}

TEST_CASE("handed_over_each_recipient_may_have_a_transaction_of_its_own") {
  Conversation row;
  row.handover("1", three);
  deliver_to(row.session(1, 0s), "b@rcpt.test");
  refuse(row.session(2, 1s), "c@rcpt.test");
  deliver_to(row.session(3, 2s), "d@rcpt.test");
  deliver_to(row.session(4, 40min), "c@rcpt.test");
  const Seen seen(row);
  REQUIRE(seen.observed.messages.size() == 1);
  CHECK(seen.story(0, 0) == "accepted@message");
  CHECK(seen.story(0, 1) == "transient@rcpt accepted@message");
  CHECK(seen.story(0, 2) == "accepted@message");
  for (const auto* rule :
       {"retry", "delivered", "recipients-one-by-one", "no-duplicate", "recipients"})
    CHECK(outcome(row, rule) == Outcome::pass);

  Conversation at_once;
  at_once.handover("1", three);
  for (std::uint64_t i = 0; i < 3; ++i)
    at_once.session(i + 1, 0s).ehlo().mail();
  for (std::uint64_t i = 0; i < 3; ++i) {
    at_once.resume(i + 1, 1s).rcpt(i == 1 ? "452 4.2.2 Full" : "250 Ok", three[i]);
    if (i != 1) at_once.data().content().message();
    at_once.quit();
  }
  deliver_to(at_once.session(4, 40min), "c@rcpt.test");
  const Seen together(at_once);
  CHECK(together.story(0, 0) == "accepted@message");
  CHECK(together.story(0, 1) == "transient@rcpt accepted@message");
  CHECK(together.story(0, 2) == "accepted@message");
}

TEST_CASE("handed_over_connections_that_fail_before_mail_are_shared_out_among_recipients") {
  Conversation talk;
  talk.handover("1", three);
  for (std::uint64_t i = 0; i < 3; ++i)
    talk.session(i + 1, 0s, "421 4.3.2 Busy").end(EndedBy::server, Stage::greeting);
  for (std::uint64_t i = 0; i < 3; ++i)
    deliver_to(talk.session(i + 4, 40min), three[i]);
  const Seen seen(talk);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(seen.story(0, i) == "transient@greeting accepted@message");
}

TEST_CASE("handed_over_a_connection_that_fails_before_mail_is_every_open_recipient_s_where_they_"
          "travel_together") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test", "c@rcpt.test"});
  talk.session(1, 0s, "421 4.3.2 Busy").end(EndedBy::server, Stage::greeting);
  talk.session(2, 40min).ehlo().mail().rcpt().rcpt("452 Full", "c@rcpt.test");
  talk.data().content().message().quit();
  talk.session(3, 80min, "421 4.3.2 Busy").end(EndedBy::server, Stage::greeting);
  const Seen seen(talk);
  CHECK(seen.story(0, 0) == "transient@greeting accepted@message");
  CHECK(seen.story(0, 1) == "transient@greeting transient@rcpt transient@greeting");
}

TEST_CASE("handed_over_the_envelope_sender_may_name_the_recipient") {
  Conversation talk;
  talk.handover("1", three);
  std::uint64_t session = 0;
  for (const std::string& recipient : three) {
    const std::string sender = "a+" + recipient.substr(0, 1) + "=rcpt.test@sender.test";
    refuse(talk.session(++session, 0s), recipient, sender);
    deliver_to(talk.session(++session, 40min), recipient, sender);
  }
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 1);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(seen.story(0, i) == "transient@rcpt accepted@message");
  CHECK(seen.observed.unexpected_transactions.empty());
}

TEST_CASE("handed_over_the_envelope_sender_may_change_with_each_try") {
  for (const bool before_rcpt : {false, true}) {
    Conversation talk;
    talk.handover();
    talk.session(1, 0s);
    if (before_rcpt)
      talk.ehlo().mail("452 Full", "prvs=1aaaa=a@sender.test").quit();
    else
      refuse(talk, "b@rcpt.test", "prvs=1aaaa=a@sender.test");
    deliver_to(talk.session(2, 40min), "b@rcpt.test", "prvs=2bbbb=a@sender.test");
    CHECK(Seen(talk).story() ==
          (before_rcpt ? "transient@mail accepted@message" : "transient@rcpt accepted@message"));
  }
}

TEST_CASE("handed_over_the_size_may_differ_from_try_to_try") {
  Conversation talk;
  talk.handover();
  talk.session(1, 0s).ehlo().mail("452 Full", "a@sender.test", " SIZE=500").quit();
  talk.session(2, 40min).ehlo().mail("452 Full", "a@sender.test", " SIZE=562").quit();
  talk.session(3, 90min).ehlo().mail("250 Ok", "a@sender.test", " SIZE=624").rcpt().data();
  talk.content().message().quit();
  CHECK(Seen(talk).story() == "transient@mail transient@mail accepted@message");
}

TEST_CASE("handed_over_each_try_may_have_a_message_id_of_its_own") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test", "c@rcpt.test"});
  talk.session(1, 0s).ehlo().mail().rcpt().rcpt("452 Full", "c@rcpt.test");
  talk.data().content("first", 1).message().quit();
  talk.session(2, 40min).ehlo().mail().rcpt("250 Ok", "c@rcpt.test");
  talk.data().content("second", 2).message().quit();
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 1);
  CHECK(seen.story(0, 0) == "accepted@message");
  CHECK(seen.story(0, 1) == "transient@rcpt accepted@message");
  CHECK(outcome(talk, "delivered") == Outcome::pass);
}

TEST_CASE("handed_over_a_second_copy_under_another_envelope_is_a_duplicate") {
  Conversation talk;
  talk.handover();
  deliver_to(talk.session(1, 0s), "b@rcpt.test");
  talk.session(2, 1min).ehlo().mail("250 Ok", "other@sender.test").rcpt();
  talk.data().content("another", 2).message().quit();
  CHECK(outcome(talk, "no-duplicate") == Outcome::fail);
}

TEST_CASE("handed_over_a_probe_is_no_try") {
  const std::vector<void (*)(Conversation&)> probes = {
      [](Conversation& talk) { talk.ehlo().quit(); },
      // That a command is not to be had is no failure of a message.
      [](Conversation& talk) {
        talk.ehlo().exchange(Stage::vrfy, "EXPN list", "502 5.5.1 Command not implemented").quit();
      },
      [](Conversation& talk) { talk.ehlo().end(EndedBy::client_closed, Stage::ehlo); },
      [](Conversation& talk) { talk.end(EndedBy::client_closed, Stage::ehlo); },
      [](Conversation& talk) { talk.ehlo().exchange(Stage::rset, "RSET", "250 Ok").quit(); },
      // The spare of a pool, which the server ends when it has been idle for long.
      [](Conversation& talk) {
        talk.ehlo().wait(5min).exchange(Stage::idle, "", "421 4.4.2 Idle", "close", 9);
        talk.end(EndedBy::server, Stage::idle);
      },
      // Call-outs: does the address exist?
      [](Conversation& talk) {
        talk.ehlo().mail("250 Ok", "postmaster@sender.test").rcpt().quit();
      },
      [](Conversation& talk) {
        talk.ehlo().mail("250 Ok", "double-bounce@sender.test").rcpt();
        talk.exchange(Stage::rset, "RSET", "250 Ok").quit();
      },
      [](Conversation& talk) {
        talk.ehlo().mail("250 Ok", "double-bounce@sender.test").rcpt("450 4.2.1 Later").quit();
      },
      [](Conversation& talk) { talk.ehlo().mail("250 Ok", "").rcpt().quit(); },
      [](Conversation& talk) { talk.ehlo().mail("250 Ok", "").rcpt("550 No such user").quit(); },
  };
  for (std::size_t i = 0; i < probes.size(); ++i) {
    INFO("probe " << i);
    Conversation before;
    probes[i](before.handover().session(1, 0s));
    deliver_to(before.session(2, 1min + 10min), "b@rcpt.test");
    CHECK(Seen(before).story() == "accepted@message");
    CHECK(outcome(before, "recipients") == Outcome::pass);
    Conversation beside;
    beside.handover();
    refuse(beside.session(1, 0s), "b@rcpt.test");
    probes[i](beside.session(2, 1s));
    deliver_to(beside.session(3, 40min), "b@rcpt.test");
    CHECK(Seen(beside).story() == "transient@rcpt accepted@message");
  }
}

TEST_CASE("handed_over_a_probe_of_the_port_does_not_wait_for_the_greeting") {
  const auto story = [](Duration waits, EndedBy by) {
    Conversation talk;
    talk.handover().session(1, 0s, "").wait(waits - 20ms).end(by, Stage::greeting);
    return Seen(talk).story();
  };
  CHECK(story(990ms, EndedBy::client_closed).empty());
  CHECK(story(1s, EndedBy::client_closed) == "trouble@greeting");
  CHECK(story(100ms, EndedBy::server) == "trouble@greeting");
}

TEST_CASE("handed_over_four_looks_at_the_port_in_a_row_are_no_tries_and_five_are") {
  const auto story = [](std::uint64_t looks) {
    Conversation talk;
    talk.handover();
    for (std::uint64_t i = 1; i <= looks; ++i)
      talk.session(i, i * 1s, "").wait(20ms).end(EndedBy::client_closed, Stage::greeting);
    deliver_to(talk.session(looks + 1, (looks + 1) * 1s), "b@rcpt.test");
    return Seen(talk).story();
  };
  CHECK(story(4) == "accepted@message"); // the one that brings the message is not another look
  CHECK(story(5) ==
        "trouble@greeting trouble@greeting trouble@greeting trouble@greeting trouble@greeting "
        "accepted@message");
}

TEST_CASE("handed_over_who_is_refused_or_lost_before_mail_has_tried") {
  Conversation talk;
  talk.handover();
  talk.session(1, 0s).ehlo("451 Later").quit();
  talk.session(2, 40min).exchange(Stage::ehlo, "EHLO client.test", "", "close", 7);
  talk.end(EndedBy::server, Stage::ehlo);
  talk.session(3, 80min).ehlo("421 Bye").end(EndedBy::server, Stage::ehlo);
  deliver_to(talk.session(4, 120min), "b@rcpt.test");
  CHECK(Seen(talk).story() == "transient@ehlo trouble@ehlo transient@ehlo accepted@message");
}

TEST_CASE("handed_over_a_bounce_may_come_with_the_next_queue_run") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().mail().rcpt("550 5.1.1 No").quit();
  for (std::uint64_t i = 2; i < 5; ++i)
    talk.session(i, i * 30min).ehlo().mail("451 Later", "").quit();
  talk.session(5, 5h).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test");
  talk.data().content("dsn").message().quit();
  const Seen seen(talk);
  CHECK(seen.story() == "permanent@rcpt");
  CHECK(seen.observed.notifications.size() == 4);
}

TEST_CASE("handed_over_a_report_is_a_notification_whoever_sends_it") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().mail().rcpt("550 5.1.1 No").quit();
  talk.session(2, 1min)
      .ehlo()
      .mail("250 Ok", "mailer-daemon@sender.test")
      .rcpt("250 Ok", "x@y.test");
  talk.data().content("", {}, {{"b@rcpt.test", "failed", "5.1.1"}}).message().quit();
  // To the sender of a message, whatever it says.
  talk.session(3, 2min).ehlo().mail("250 Ok", "mailer-daemon@sender.test");
  talk.rcpt("250 Ok", "a@sender.test").data().content("text").message().quit();
  const Seen seen(talk);
  CHECK(seen.story() == "permanent@rcpt");
  CHECK(seen.observed.notifications.size() == 2);
  CHECK(seen.observed.unexpected_transactions.empty());
}

TEST_CASE("handed_over_a_message_from_nobody_is_a_message") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}, "");
  talk.session(1, 0s).ehlo().mail("452 Full", "").quit();
  talk.session(2, 40min).ehlo().mail("250 Ok", "").rcpt().data().content().message().quit();
  const Seen seen(talk);
  CHECK(seen.story() == "transient@mail accepted@message");
  CHECK(seen.observed.notifications.empty());
}

TEST_CASE("handed_over_a_recipient_nobody_asked_for_is_a_stranger") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().mail().rcpt().rcpt("250 Ok", "x@rcpt.test");
  talk.data().content().message().quit();
  CHECK(Seen(talk).story() == "accepted@message");
  CHECK(outcome(talk, "recipients") == Outcome::fail);
  // Its own sender asks whether a stranger exists: that is more than a call-out.
  Conversation asks;
  deliver_to(asks.handover().session(1, 0s), "b@rcpt.test");
  asks.session(2, 1s).ehlo().mail().rcpt("250 Ok", "x@rcpt.test").quit();
  CHECK(outcome(asks, "recipients") == Outcome::fail);
  Conversation verifies;
  deliver_to(verifies.handover().session(1, 0s), "b@rcpt.test");
  verifies.session(2, 1s)
      .ehlo()
      .mail("250 Ok", "v@sender.test")
      .rcpt("250 Ok", "x@rcpt.test")
      .quit();
  CHECK(outcome(verifies, "recipients") == Outcome::pass);
}

TEST_CASE("handed_over_messages_for_one_recipient_are_told_apart_by_their_marks") {
  Conversation talk;
  talk.handover("1").handover("2");
  talk.session(1, 0s)
      .ehlo()
      .mail()
      .rcpt()
      .data()
      .content("2-begin 2-end", 400, {})
      .message("452 Full")
      .quit();
  talk.session(2, 1s)
      .ehlo()
      .mail()
      .rcpt()
      .data()
      .content("1-begin 1-end", 400, {})
      .message()
      .quit();
  talk.session(3, 40min)
      .ehlo()
      .mail()
      .rcpt()
      .data()
      .content("2-begin 2-end", 400, {})
      .message()
      .quit();
  const Seen seen(talk);
  CHECK(seen.story(0) == "accepted@message");
  CHECK(seen.story(1) == "transient@message accepted@message");
}

/// MAIL is refused for good for one of two messages; the first is accepted on another connection, which came so much
/// later.
Conversation two_at_once(Moment other_came) {
  Conversation talk;
  talk.handover("1").handover("2");
  talk.session(1, 0s).ehlo().mail("550 5.7.1 Not this one");
  talk.session(2, other_came).ehlo().mail().rcpt().data().content("1-begin 1-end", 400, {});
  talk.message().quit();
  return talk.resume(1, 1s).quit();
}

TEST_CASE(
    "handed_over_messages_that_are_sent_at_once_are_told_apart_by_what_the_other_is_shown_to_be") {
  const Seen at_once(two_at_once(100ms));
  CHECK(at_once.story(0) == "accepted@message");
  CHECK(at_once.story(1) == "permanent@mail");
  // A connection that came later may well be a second try.
  const Seen later(two_at_once(300ms));
  CHECK(later.story(0) == "permanent@mail accepted@message");
  CHECK(later.story(1).empty());
}

TEST_CASE("handed_over_messages_for_one_recipient_are_told_apart_by_their_message_ids") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}, "a@sender.test", {}, "one@sender.test");
  talk.handover("2", {"b@rcpt.test"}, "a@sender.test", {}, "two@sender.test");
  talk.session(1, 0s).ehlo().deliver("two@sender.test");
  talk.session(2, 1s)
      .ehlo()
      .mail()
      .rcpt()
      .data()
      .content("one@sender.test")
      .message("452 Full")
      .quit();
  talk.session(3, 40min).ehlo().deliver("one@sender.test");
  const Seen seen(talk);
  CHECK(seen.story(0) == "transient@message accepted@message");
  CHECK(seen.story(1) == "accepted@message");
}

TEST_CASE("handed_over_messages_for_one_recipient_are_told_apart_by_their_senders") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}, "one@sender.test");
  talk.handover("2", {"b@rcpt.test"}, "two@sender.test");
  refuse(talk.session(1, 0s), "b@rcpt.test", "two@sender.test");
  talk.session(2, 1s).ehlo().mail("452 Full", "two@sender.test").quit();
  deliver_to(talk.session(3, 2s), "b@rcpt.test", "one@sender.test");
  deliver_to(talk.session(4, 40min), "b@rcpt.test", "two@sender.test");
  const Seen seen(talk);
  CHECK(seen.story(0) == "accepted@message");
  CHECK(seen.story(1) == "transient@rcpt transient@mail accepted@message");
}

TEST_CASE(
    "handed_over_of_messages_alike_the_one_is_tried_that_waits_longest_and_is_not_under_way") {
  Conversation talk;
  talk.handover("1").handover("2");
  refuse(talk.session(1, 0s), "b@rcpt.test");
  refuse(talk.session(2, 1min), "b@rcpt.test");
  // The first is under way again, so that the next is the second's.
  talk.session(3, 40min).ehlo().mail().rcpt().data();
  refuse(talk.session(4, 41min), "b@rcpt.test");
  talk.resume(3, 50min).content().message().quit();
  deliver_to(talk.session(5, 90min), "b@rcpt.test");
  const Seen seen(talk);
  CHECK(seen.story(0) == "transient@rcpt accepted@message");
  CHECK(seen.story(1) == "transient@rcpt transient@rcpt accepted@message");
}

TEST_CASE("handed_over_a_connection_before_mail_is_of_the_message_that_waits") {
  Conversation talk;
  talk.handover("1").handover("2", {"c@rcpt.test"});
  deliver_to(talk.session(1, 0s), "b@rcpt.test");
  talk.session(2, 1min, "421 Busy").end(EndedBy::server, Stage::greeting);
  deliver_to(talk.session(3, 40min), "c@rcpt.test");
  talk.session(4, 50min, "421 Busy")
      .end(EndedBy::server, Stage::greeting); // nothing is left to try
  const Seen seen(talk);
  CHECK(seen.story(0) == "accepted@message");
  CHECK(seen.story(1) == "transient@greeting accepted@message");
}

TEST_CASE("handed_over_mail_from_another_sender_that_is_refused_is_a_try_only_where_the_own_is_"
          "never_used") {
  Conversation keeps;
  keeps.handover().session(1, 0s).ehlo().mail("452 Full", "probe@sender.test").quit();
  deliver_to(keeps.session(2, 1min), "b@rcpt.test");
  CHECK(Seen(keeps).story() == "accepted@message");
  Conversation changes;
  changes.handover().session(1, 0s).ehlo().mail("452 Full", "bounce-1@sender.test").quit();
  deliver_to(changes.session(2, 40min), "b@rcpt.test", "bounce-2@sender.test");
  CHECK(Seen(changes).story() == "transient@mail accepted@message");
}

TEST_CASE("handed_over_a_recipient_that_is_named_twice_is_tried_once") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().mail().rcpt().rcpt().data().content().message().quit();
  CHECK(Seen(talk).story() == "accepted@message");
}

TEST_CASE("handed_over_with_a_u_label_and_sent_with_an_a_label_is_one_address") {
  Conversation talk;
  talk.handover("1",
                {"b@b\xc3\xbc"
                 "cher.test"},
                "a@sender.test");
  deliver_to(talk.session(1, 0s), "b@xn--bcher-kva.test");
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 1);
  CHECK(seen.story(0, 0) == "accepted@message");
  CHECK(seen.observed.unexpected_transactions.empty());
  CHECK(outcome(talk, "delivered") == Outcome::pass);
  // Another domain is another address.
  Conversation other;
  other.handover("1",
                 {"b@b\xc3\xbc"
                  "cher.test"},
                 "a@sender.test");
  deliver_to(other.session(1, 0s), "b@bucher.test");
  CHECK(outcome(other, "delivered") == Outcome::fail);
}

TEST_CASE("handed_over_a_copy_for_its_author_is_no_notification") {
  const auto seen = [](std::string_view message_id) {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test"}, "a@sender.test", {}, "m1@sender.test");
    deliver_to(talk.session(1, 0s), "b@rcpt.test");
    talk.session(2, 1s).ehlo().mail().rcpt("250 Ok", "a@sender.test").data();
    talk.content(message_id).message().quit();
    const Seen it(talk);
    return std::pair(it.observed.notifications.size(), it.observed.unexpected_transactions.size());
  };
  CHECK(seen("m1@sender.test") == std::pair<std::size_t, std::size_t>(0, 1));
  CHECK(seen("m2@sender.test") == std::pair<std::size_t, std::size_t>(1, 0));
}
