// What excuses a sender, and how far: a notification those whom it names, a question about an address a few
// connections, success that a command reported nothing.
#include "conversation.hpp"
#include "findings.hpp"
#include "seen.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using journal::event::ProcessEnd;
using journal::event::RecipientReport;
using test::Conversation;
using test::Seen;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> two = {"b@rcpt.test", "c@rcpt.test"};

Outcome delivered(const Conversation& talk) {
  return test::finding(
             judge(test::expecting({test::must("delivered", std::string("once"))}), talk.journal()),
             "delivered")
      .outcome;
}
Outcome outcome(const Conversation& talk, std::string_view rule) {
  return test::finding(judge(test::expecting({}), talk.journal()), rule).outcome;
}

/// Neither of two recipients gets the message; a notification with these reports comes back.
Conversation returned_with(const std::vector<RecipientReport>& reports, int status = 0) {
  Conversation talk;
  talk.handover("1", two).sender_started().session(1, 1s).ehlo().mail();
  talk.rcpt("550 No").rcpt("550 No", "c@rcpt.test").quit();
  talk.session(2, 2s).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
  talk.content("", std::nullopt, reports).message().quit();
  talk.wait(1s).sender_ended(status);
  return talk;
}

/// Refused at RCPT again and again, each time from the sender that `from` makes.
template <typename From>
Conversation hammers(From from, const char* reply = "451 Later") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().mail().rcpt(reply).quit();
  for (std::uint64_t i = 2; i < 12; ++i)
    talk.session(i, i * 1s).ehlo().mail("250 Ok", from(i)).rcpt(reply).quit();
  return talk;
}

/// Deferred so often, half an hour apart; then the command ends.
Conversation gives_up(int status, bool queue, std::string_view role = "queueing") {
  Conversation talk;
  journal::event::Run run;
  run.role = role;
  run.notifications_come = true;
  talk.run(run).handover().sender_started();
  talk.session(1, 1s).ehlo().mail().rcpt("450 Later").quit();
  talk.session(2, 40min).ehlo().mail().rcpt("450 Later").quit();
  talk.wait(1s).sender_ended(status, queue);
  return talk.finish(24h);
}

} // namespace

TEST_CASE("excused_by_a_notification_are_those_whom_it_names_as_failed") {
  const RecipientReport b{"b@rcpt.test", "failed", "5.1.1"};
  const RecipientReport c{"C@rcpt.test", "failed", "5.1.1"};
  const RecipientReport delayed{"c@rcpt.test", "delayed", "4.4.7"};
  CHECK(delivered(returned_with({b, c})) == Outcome::not_applicable);
  CHECK(delivered(returned_with({b})) == Outcome::fail);
  CHECK(delivered(returned_with({b, delayed})) == Outcome::fail);
  // A text for people may be about both of them.
  CHECK(delivered(returned_with({})) == Outcome::not_applicable);
  RecipientReport alias{"x@elsewhere.test", "failed", "5.1.1"};
  alias.original_recipient = "rfc822; C@rcpt.test";
  CHECK(delivered(returned_with({b, alias})) == Outcome::not_applicable);
}

TEST_CASE("excused_by_a_notification_is_its_sender_and_not_another") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}).handover("2", {"c@rcpt.test"}, "other@sender.test");
  talk.sender_started();
  talk.session(1, 1s).ehlo().mail().rcpt("550 No").quit();
  talk.session(2, 1s).ehlo().mail("250 Ok", "other@sender.test").rcpt("550 No", "c@rcpt.test");
  talk.quit().session(3, 2s).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
  talk.content("", std::nullopt, {}).message().quit().wait(1s).sender_ended(0);
  CHECK(delivered(talk) == Outcome::fail);
}

TEST_CASE("excused_from_reporting_a_failure_are_those_whom_a_notification_names") {
  const auto once = [](const std::vector<RecipientReport>& reports) {
    Conversation talk;
    journal::event::Run run;
    run.role = "one-shot";
    talk.run(run);
    talk.handover("1", two).sender_started().session(1, 1s).ehlo().mail();
    talk.rcpt("550 No").rcpt("550 No", "c@rcpt.test").quit();
    if (!reports.empty()) {
      talk.session(2, 2s).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
      talk.content("", std::nullopt, reports).message().quit();
    }
    return talk.wait(1s).sender_ended(0);
  };
  const RecipientReport b{"b@rcpt.test", "failed", "5.1.1"};
  const RecipientReport c{"c@rcpt.test", "failed", "5.1.1"};
  CHECK(outcome(once({}), "reports-failure") == Outcome::fail);
  CHECK(outcome(once({b}), "reports-failure") == Outcome::fail);
  CHECK(outcome(once({b, c}), "reports-failure") == Outcome::not_applicable);
}

TEST_CASE("no_pause_is_made_better_by_another_envelope_sender") {
  const auto number = [](std::uint64_t i) { return std::to_string(i); };
  // The message's own was refused first. Then: signed and individual return paths (BATV, VERP), one that is new each
  // time.
  CHECK(outcome(hammers([&](auto i) { return "prvs=" + number(i) + "=a@sender.test"; }), "pause") ==
        Outcome::fail);
  CHECK(outcome(hammers([](auto) { return "a+b=rcpt.test@bounces.test"; }), "pause") ==
        Outcome::fail);
  CHECK(outcome(hammers([&](auto i) { return "bounce-" + number(i) + "@lists.test"; }), "pause") ==
        Outcome::fail);
  // One address that asks, and asks, and asks.
  CHECK(outcome(hammers([](auto) { return std::string("postmaster@sender.test"); }), "pause") ==
        Outcome::fail);
  const Conversation refused =
      hammers([&](auto i) { return "bounce-" + number(i) + "@lists.test"; }, "550 No");
  CHECK(
      test::finding(judge(test::expecting({test::must("no-retry")}), refused.journal()), "no-retry")
          .outcome == Outcome::fail);
}

TEST_CASE("questions_before_the_first_try_are_no_tries_whatever_their_senders") {
  const auto asks = [](std::uint64_t questions, auto from) {
    Conversation talk;
    talk.handover("1").handover("2");
    for (std::uint64_t i = 1; i <= questions; ++i)
      talk.session(i, i * 1s).ehlo().mail("250 Ok", from(i)).rcpt("451 Later").quit();
    talk.session(20, 1h).ehlo().mail().rcpt().data().content().message().quit();
    return Seen(talk).story();
  };
  const auto one = [](auto) { return std::string("postmaster@sender.test"); };
  const auto tagged = [](auto i) { return "verify-" + std::to_string(i) + "@sender.test"; };
  CHECK(asks(5, one) == "accepted@message"); // three more than there are messages
  CHECK(asks(5, tagged) == "accepted@message");
  CHECK(asks(6, one) == "transient@rcpt"); // and the other message arrives
}

TEST_CASE("notified_is_asked_of_a_command_that_gave_up_with_success") {
  CHECK(outcome(gives_up(0, false), "notified") == Outcome::fail);
  CHECK_THAT(
      test::finding(judge(test::expecting({}), gives_up(0, false).journal()), "notified").actual,
      Catch::Contains("status 0 although the message was not delivered"));
  CHECK(outcome(gives_up(75, false), "notified") == Outcome::not_applicable); // status told it
  CHECK(outcome(gives_up(0, true), "notified") == Outcome::not_applicable);   // its queue goes on
  CHECK(outcome(gives_up(0, false, "one-shot"), "notified") == Outcome::not_applicable);
  CHECK(outcome(gives_up(0, false, "one-shot"), "reports-failure") == Outcome::fail);
}

TEST_CASE("one_copy_too_many_is_told_once_by_the_number_of_tries") {
  Conversation twice;
  twice.session(1, 1s).ehlo().deliver().quit().session(2, 40min).ehlo().deliver().quit();
  const CaseVerdict verdict =
      judge(test::expecting({test::must("tries", scenario::Range<std::uint64_t>{1, 1})}),
            twice.journal());
  CHECK(test::finding(verdict, "no-duplicate").outcome == Outcome::fail);
  CHECK(test::finding(verdict, "tries").outcome == Outcome::not_applicable);
}

TEST_CASE("notifications_go_to_the_envelope_sender_that_was_used") {
  for (const auto* const path : {"prvs=4711=a@sender.test", "bounces+b=rcpt.test@lists.test"}) {
    INFO(path);
    Conversation talk;
    journal::event::Run run;
    run.notifications_come = true;
    talk.run(run).handover().sender_started();
    talk.session(1, 1s).ehlo().mail("250 Ok", path).rcpt("550 5.1.1 No").quit();
    talk.session(2, 2s).ehlo().mail("250 Ok", "").rcpt("250 Ok", path).data();
    talk.content("", std::nullopt, {RecipientReport{"b@rcpt.test", "failed", "5.1.1"}})
        .message()
        .quit();
    talk.wait(1s).sender_ended(0, true).finish(1h);
    CHECK(outcome(talk, "notified") == Outcome::pass);
    CHECK(outcome(talk, "true-notification") == Outcome::pass);
  }
}

TEST_CASE("a_copy_of_a_notification_for_the_postmaster_is_true") {
  const auto copy = [](const char* recipient) {
    Conversation talk;
    talk.handover().sender_started().session(1, 1s).ehlo().mail().rcpt("550 5.1.1 No").quit();
    for (const auto* const to : {"a@sender.test", "postmaster@sender.test"}) {
      talk.session(to[0] == 'a' ? 2 : 3, 2s).ehlo().mail("250 Ok", "").rcpt("250 Ok", to).data();
      talk.content("", std::nullopt, {RecipientReport{recipient, "failed", "5.1.1"}})
          .message()
          .quit();
    }
    return talk.wait(1s).sender_ended(0, true).finish(1h);
  };
  CHECK(outcome(copy("b@rcpt.test"), "true-notification") == Outcome::pass);
  CHECK(outcome(copy("nobody@rcpt.test"), "true-notification") == Outcome::fail);
}

TEST_CASE("mail_that_is_returned_after_a_reply_that_is_not_smtp_is_not_lost") {
  const auto returned_after = [](std::string_view reply, bool returned) {
    Conversation talk;
    talk.handover().sender_started().session(1, 1s).ehlo().mail();
    if (reply.empty())
      talk.rcpt("").end(EndedBy::server, scenario::Stage::rcpt);
    else
      talk.rcpt(reply).quit();
    if (returned) {
      talk.session(2, 2s).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
      talk.content("", std::nullopt, {RecipientReport{"b@rcpt.test", "failed", "5.5.0"}})
          .message()
          .quit();
    }
    talk.wait(1s).sender_ended(0, true).finish(6h);
    return test::finding(judge(test::expecting({test::must("retry")}), talk.journal()), "retry")
        .outcome;
  };
  CHECK(returned_after("OK", true) == Outcome::not_applicable);
  CHECK(returned_after("OK", false) == Outcome::fail);
  CHECK(returned_after("", true) == Outcome::fail); // a lost connection is retried
  CHECK(returned_after("451 Later", true) == Outcome::fail);
}

TEST_CASE("excused_is_the_other_message_when_mail_of_one_is_refused") {
  // Two messages from one sender to one recipient, in whatever order the sender takes them.
  for (const int refused : {1, 2}) {
    INFO("refused: " << refused);
    const std::string other = refused == 1 ? "2" : "1";
    Conversation talk;
    talk.handover("1", {"b@rcpt.test"}).handover("2", {"b@rcpt.test"}).sender_started();
    talk.session(1, 1s).ehlo().mail("550 5.7.1 Not this one").mail().rcpt().data();
    talk.content(other + "-begin " + other + "-end " + other + "-attachment", 400, {});
    talk.message().quit().sender_ended(69);
    const Seen seen(talk);
    REQUIRE(seen.observed.messages.size() == 2);
    CHECK(seen.story(refused == 1 ? 0 : 1) == "permanent@mail");
    CHECK(seen.story(refused == 1 ? 1 : 0) == "accepted@message");
    CHECK(
        test::finding(judge(test::expecting({test::must("no-retry")}), talk.journal()), "no-retry")
            .outcome == Outcome::pass);
  }
}

TEST_CASE("excused_is_no_message_that_is_sent_again_at_once_after_it_was_refused") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}).handover("2", {"b@rcpt.test"}).sender_started();
  talk.session(1, 1s).ehlo().mail("550 No").mail().rcpt().data();
  talk.content("1-begin", 400, {}).message().mail().rcpt().data();
  talk.content("2-begin", 400, {}).message().quit().sender_ended(0);
  CHECK(test::finding(judge(test::expecting({test::must("no-retry")}), talk.journal()), "no-retry")
            .outcome == Outcome::fail);
  // A message that waits for its retry on a connection that stays open is the one that was refused.
  Conversation kept;
  kept.handover("1", {"b@rcpt.test"}).handover("2", {"b@rcpt.test"}).sender_started();
  kept.session(1, 1s).ehlo().mail("452 Full").resume(1, 40min).mail().rcpt().data();
  kept.content("1-begin", 400, {}).message().quit();
  kept.session(2, 50min).ehlo().mail().rcpt().data().content("2-begin", 400, {}).message().quit();
  CHECK(Seen(kept).story(0) == "transient@mail accepted@message");
  CHECK(Seen(kept).story(1) == "accepted@message");
}

namespace {

/// A transaction that ends at the second of two recipients, and a try at both of them later.
Conversation stops_at(const char* refusal, bool tried_again,
                      ProcessEnd ended = ProcessEnd::itself) {
  Conversation talk;
  talk.handover("1", two).sender_started().session(1, 1s).ehlo().mail();
  talk.rcpt().rcpt(refusal, "c@rcpt.test").quit();
  if (tried_again) {
    talk.session(2, 40min).ehlo().mail().rcpt().rcpt("250 Ok", "c@rcpt.test");
    talk.data().content().message().quit();
  }
  return talk.wait(1s).sender_ended(0, false, ended);
}

} // namespace

TEST_CASE("excused_is_a_transaction_that_stops_at_a_deferred_recipient_and_is_tried_again_whole") {
  const auto one_by_one = [](const Conversation& talk) {
    return outcome(talk, "recipients-one-by-one");
  };
  CHECK(one_by_one(stops_at("452 4.2.2 Full", true)) == Outcome::pass);
  CHECK(delivered(stops_at("452 4.2.2 Full", true)) == Outcome::pass);
  CHECK(one_by_one(stops_at("452 4.2.2 Full", false)) == Outcome::fail);
  CHECK(one_by_one(stops_at("452 4.2.2 Full", false, ProcessEnd::timeout)) == Outcome::undecided);
  // A rejection is about one recipient: it gives no reason to wait for the others.
  CHECK(one_by_one(stops_at("550 5.1.1 No", true)) == Outcome::fail);
  CHECK(one_by_one(stops_at("550 5.1.1 No", false, ProcessEnd::timeout)) == Outcome::undecided);
}

TEST_CASE("excused_is_a_transaction_that_begins_again_at_once_without_the_rejected_recipient") {
  Conversation talk;
  talk.handover("1", two).sender_started().session(1, 1s).ehlo().mail();
  talk.rcpt().rcpt("550 5.1.1 No", "c@rcpt.test").exchange(scenario::Stage::rset, "RSET", "250 Ok");
  talk.mail().rcpt().data().content().message().quit().sender_ended(69);
  CHECK(outcome(talk, "recipients-one-by-one") == Outcome::pass);
  Conversation later;
  later.handover("1", two).sender_started().session(1, 1s).ehlo().mail();
  later.rcpt().rcpt("550 5.1.1 No", "c@rcpt.test").quit();
  later.session(2, 3min).ehlo().mail().rcpt().data().content().message().quit().sender_ended(69);
  CHECK_THAT(
      test::finding(judge(test::expecting({}), later.journal()), "recipients-one-by-one").actual,
      Catch::Contains("b@rcpt.test got the message only at a later try because c@rcpt.test"));
}

TEST_CASE("excused_is_no_recipient_that_was_accepted_and_left_because_another_was_deferred") {
  const Conversation talk = stops_at("452 4.2.2 Full", false);
  const Seen seen(talk);
  CHECK(seen.story(0, 0) == "abandoned@rcpt"); // nothing was said against it
  CHECK(seen.story(0, 1) == "transient@rcpt");
  const CaseVerdict verdict =
      judge(test::expecting({test::must("retry"), test::must("delivered", std::string("once"))}),
            talk.journal());
  CHECK_THAT(test::finding(verdict, "retry").actual,
             Catch::StartsWith("the message for c@rcpt.test"));
  CHECK(test::finding(verdict, "recipients-one-by-one").actual ==
        "b@rcpt.test did not get the message because c@rcpt.test was refused (452)");
  CHECK(test::finding(verdict, "delivered").outcome == Outcome::not_applicable);
}

TEST_CASE("excused_is_a_sender_that_stops_at_the_first_of_several_deferred_recipients") {
  Conversation talk;
  talk.handover("1", two).sender_started().session(1, 1s).ehlo().mail();
  talk.rcpt("450 4.2.1 Busy").quit();
  talk.session(2, 40min).ehlo().mail().rcpt().rcpt("450 4.2.1 Busy", "c@rcpt.test").quit();
  talk.session(3, 80min).ehlo().mail().rcpt().rcpt("250 Ok", "c@rcpt.test");
  talk.data().content().message().quit().wait(1s).sender_ended(0);
  const CaseVerdict verdict =
      judge(test::expecting(
                {test::must("retry"), test::must("delivered", std::string("once")),
                 test::should("first-retry", scenario::Range<Duration>{30min, std::nullopt})}),
            talk.journal());
  for (const Finding& finding : verdict.findings) {
    INFO(finding.rule << ": " << finding.actual);
    CHECK(finding.outcome != Outcome::fail);
  }
}

TEST_CASE("excused_from_refusing_a_certificate_is_what_carries_a_notification_elsewhere") {
  const auto refuses = [](bool notifies) {
    Conversation talk;
    talk.handover().sender_started();
    talk.session(1, 1s).ehlo().exchange(scenario::Stage::starttls, "STARTTLS", "220 Go");
    talk.tls(false).end(EndedBy::server, scenario::Stage::handshake);
    talk.session(2, 2h).ehlo().exchange(scenario::Stage::starttls, "STARTTLS", "220 Go");
    talk.tls(true).ehlo();
    if (notifies)
      talk.mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
    else
      talk.mail().rcpt().data();
    talk.content("", std::nullopt,
                 notifies ? std::vector{RecipientReport{"b@rcpt.test", "failed", "4.7.5"}}
                          : std::vector<RecipientReport>());
    talk.message().quit().wait(1s).sender_ended(0, true);
    return test::finding(judge(test::expecting({test::must("refuses-certificate")}), talk.journal(),
                               test::told(scenario::TlsPolicy::verified)),
                         "refuses-certificate")
        .outcome;
  };
  CHECK(refuses(true) == Outcome::pass);
  CHECK(refuses(false) == Outcome::fail);
}

TEST_CASE("a_failure_of_one_recipient_is_told_once") {
  const auto judged = [](const char* other) {
    Conversation talk;
    talk.handover("1", two).sender_started().session(1, 1s).ehlo().mail();
    talk.rcpt(other).rcpt("550 5.1.1 No", "c@rcpt.test");
    if (other[0] == '2') talk.data().content().message();
    talk.quit().wait(1s).sender_ended(0);
    scenario::Expectation notified = test::must("notified", std::string("failed"));
    notified.recipient = "c@*";
    return judge(test::expecting({notified}), talk.journal());
  };
  const CaseVerdict once = judged("250 Ok");
  CHECK(test::finding(once, "notified").outcome == Outcome::fail);
  CHECK(test::finding(once, "reports-failure").outcome == Outcome::not_applicable);
  CHECK(test::finding(once, "reports-failure").actual == "see `notified`");
  // What is said of another recipient has another cause.
  CHECK(test::finding(judged("550 5.1.1 No"), "reports-failure").outcome == Outcome::fail);
}
