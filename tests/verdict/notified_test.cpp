// Whether the judge knows when somebody had to be told, by whom, and of what.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::ProcessEnd;
using journal::event::RecipientReport;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

/// What is said of a message that was rejected (5xx).
Finding notified(const Conversation& talk, bool expected = false,
                 const std::string& word = "failed") {
  std::vector<scenario::Expectation> expectations;
  if (expected) expectations.push_back(test::must("notified", word));
  return test::finding(judge(test::expecting(expectations), talk.journal()), "notified");
}

Conversation refused_for_good() {
  Conversation talk;
  talk.handover()
      .sender_started()
      .session(1, 0s)
      .ehlo()
      .mail()
      .rcpt("550 5.1.1 No such user")
      .quit();
  return talk;
}

Conversation& notify(Conversation& talk, std::uint64_t session, Moment at,
                     std::vector<RecipientReport> reports, const std::string& from = "",
                     const std::string& to = "a@sender.test") {
  talk.session(session, at).ehlo().mail("250 Ok", from).rcpt("250 Ok", to).data();
  return talk.content("", {}, std::move(reports)).message().quit();
}

const RecipientReport failed = {"b@rcpt.test", "failed", "5.1.1"};

Finding true_notification(const Conversation& talk) {
  return test::finding(judge(test::expecting({}), talk.journal()), "true-notification");
}

/// A notification with this action and status, after this reply to RCPT.
Outcome status(const char* reply, const char* action, const char* said) {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().mail().rcpt(reply).quit();
  return true_notification(notify(talk, 2, 1min, {{"b@rcpt.test", action, said}})).outcome;
}

} // namespace

TEST_CASE("notified_by_a_command_that_claims_success_is_nobody") {
  CHECK(notified(refused_for_good().sender_ended(0)).outcome == Outcome::fail);
  CHECK(notified(refused_for_good().sender_ended(1)).outcome == Outcome::not_applicable);
  CHECK(notified(refused_for_good().sender_ended(75)).outcome == Outcome::not_applicable);
  Conversation came = refused_for_good();
  CHECK(notified(notify(came, 2, 1min, {failed}).sender_ended(0)).outcome == Outcome::pass);
}

TEST_CASE("notified_of_the_one_of_several_messages_that_failed") {
  journal::event::Run run;
  run.notifications_come = true;
  Conversation one_refused;
  one_refused.handover("1").handover("2").sender_started();
  one_refused.session(1, 0s).ehlo().mail("550 5.7.1 Not this one").quit();
  one_refused.session(2, 1s).ehlo().mail().rcpt().data().content("2-begin 2-end", 400, {});
  one_refused.message().quit().run(run);
  Conversation silent = one_refused;
  CHECK(notified(silent.sender_ended(0, true), true).outcome == Outcome::fail);
  const RecipientReport not_this = {"b@rcpt.test", "failed", "5.7.1"};
  CHECK(notified(notify(one_refused, 3, 1min, {not_this}).sender_ended(0, true), true).outcome ==
        Outcome::pass);
}

TEST_CASE("notified_by_a_queue_is_open_where_notifications_may_go_elsewhere") {
  const Finding open = notified(refused_for_good().sender_ended(0, true));
  CHECK(open.outcome == Outcome::undecided);
  CHECK_THAT(open.actual, Catch::Contains("--sender-server"));
  journal::event::Run run;
  run.notifications_come = true;
  CHECK(notified(refused_for_good().sender_ended(0, true).run(run)).outcome == Outcome::fail);
  CHECK(notified(refused_for_good().sender_ended(0, true, ProcessEnd::timeout).run(run)).outcome ==
        Outcome::undecided);
  // One that came for another message shows that they do.
  Conversation other = refused_for_good();
  other.handover("2", {"c@rcpt.test"}, "x@sender.test");
  other.session(2, 1s)
      .ehlo()
      .mail("250 Ok", "x@sender.test")
      .rcpt("550 5.1.1 No", "c@rcpt.test")
      .quit();
  notify(other, 3, 1min, {{"c@rcpt.test", "failed", "5.1.1"}}, "", "x@sender.test")
      .sender_ended(0, true);
  CHECK(notified(other).outcome == Outcome::fail);
}

TEST_CASE("notified_is_not_asked_of_who_does_not_claim_it") {
  journal::event::Run run;
  run.without = "smtputf8 dsn auth";
  CHECK(notified(refused_for_good().sender_ended(0, true).run(run)).outcome ==
        Outcome::not_applicable);
  run.without = "smtputf8";
  CHECK(notified(refused_for_good().sender_ended(0, true).run(run)).outcome == Outcome::undecided);
}

TEST_CASE("notified_is_not_asked_where_nothing_was_refused_for_good") {
  Conversation delivered;
  delivered.handover().sender_started().session(1, 0s).ehlo().deliver().sender_ended(0);
  CHECK(notified(delivered).outcome == Outcome::not_applicable);
  Conversation put_off;
  put_off.handover().sender_started().session(1, 0s).ehlo().refused().sender_ended(0);
  CHECK(notified(put_off).outcome == Outcome::not_applicable);
  Conversation from_nobody;
  from_nobody.handover("1", {"b@rcpt.test"}, "").sender_started();
  from_nobody.session(1, 0s).ehlo().mail("250 Ok", "").rcpt("550 No").quit().sender_ended(0);
  CHECK(notified(from_nobody).outcome == Outcome::not_applicable);
}

TEST_CASE("notified_from_an_address_is_not_notified_from_nobody") {
  Conversation talk = refused_for_good();
  const Finding found = notified(notify(talk, 2, 1min, {failed}, "mailer-daemon@sender.test"));
  CHECK(found.outcome == Outcome::fail);
  CHECK_THAT(found.actual, Catch::Contains("instead of <>"));
}

TEST_CASE("notified_is_the_sender_of_the_message") {
  Conversation talk = refused_for_good();
  notify(talk, 2, 1min, {failed}, "", "somebody@sender.test").sender_ended(0);
  CHECK(notified(talk).outcome == Outcome::fail);
}

TEST_CASE("notified_means_that_the_notification_was_accepted") {
  Conversation talk = refused_for_good();
  talk.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
  talk.content("", {}, {failed}).message("452 Full").quit().sender_ended(0);
  CHECK(notified(talk).outcome == Outcome::fail);
}

TEST_CASE("notified_means_a_notification_of_the_kind") {
  Conversation late = refused_for_good();
  notify(late, 2, 1min, {{"b@rcpt.test", "delayed", "4.4.7"}}).sender_ended(0);
  const Finding found = notified(late);
  CHECK(found.outcome == Outcome::fail);
  CHECK_THAT(found.actual,
             Catch::Contains("only notifications with another action arrived: delayed"));
  CHECK(notified(late, true, "delayed").outcome == Outcome::pass);
  // A text for people is one, too.
  Conversation text = refused_for_good();
  CHECK(notified(notify(text, 2, 1min, {}).sender_ended(0)).outcome == Outcome::pass);
  Conversation upper = refused_for_good();
  CHECK(notified(notify(upper, 2, 1min, {{"b@rcpt.test", "Failed", "5.1.1"}}).sender_ended(0))
            .outcome == Outcome::pass);
}

TEST_CASE("notified_once_for_each_recipient_is_enough") {
  Conversation talk = refused_for_good();
  notify(talk, 2, 1min, {failed});
  CHECK(notified(talk).outcome == Outcome::pass);
  notify(talk, 3, 2min, {failed});
  CHECK(notified(talk).outcome == Outcome::fail);
  // Delays may be told as often as one likes.
  Conversation late = refused_for_good();
  notify(late, 2, 1min, {{"b@rcpt.test", "delayed", "4.4.7"}});
  notify(late, 3, 2min, {{"b@rcpt.test", "delayed", "4.4.7"}});
  CHECK(notified(late, true, "delayed").outcome == Outcome::pass);
}

TEST_CASE("true_notification_has_a_status_that_does_not_contradict") {
  for (const auto* right : {"5.1.1", "5.0.0", "5.1.0", ""})
    CHECK(status("550 5.1.1 No such user", "failed", right) == Outcome::pass);
  for (const auto* wrong : {"5.7.28", "5.1.2", "4.1.1", "2.1.1", "2.0.0"})
    CHECK(status("550 5.1.1 No such user", "failed", wrong) == Outcome::fail);
  // A reply without one leaves it to the sender.
  CHECK(status("550 No such user", "failed", "5.1.1") == Outcome::pass);
  CHECK(status("550-5.1.1 No such\r\n550 5.1.1 user", "failed", "5.1.2") == Outcome::fail);
  CHECK(status("550 5.1 No such user", "failed", "5.1.2") == Outcome::pass);
  CHECK(status("550 5x1.1 No such user", "failed", "5.1.2") == Outcome::pass);
}

TEST_CASE("true_notification_after_a_give_up_has_a_status_that_says_so") {
  for (const auto* right : {"4.2.2", "4.4.7", "4.4.1", "5.4.7", "5.0.0", "5.2.2"})
    CHECK(status("452 4.2.2 Mailbox full", "failed", right) == Outcome::pass);
  CHECK(status("452 4.2.2 Mailbox full", "failed", "5.1.1") == Outcome::fail);
  CHECK(status("550 5.1.1 No such user", "failed", "5.4.7") == Outcome::fail);
}

TEST_CASE("true_notification_of_a_delay_is_not_permanent") {
  CHECK(status("452 4.2.2 Mailbox full", "delayed", "4.2.2") == Outcome::pass);
  CHECK(status("452 4.2.2 Mailbox full", "delayed", "4.4.7") == Outcome::pass);
  CHECK(status("452 4.2.2 Mailbox full", "delayed", "5.4.7") == Outcome::fail);
  CHECK(status("452 4.2.2 Mailbox full", "delayed", "2.0.0") == Outcome::fail);
}

TEST_CASE("true_notification_is_of_what_was_not_delivered") {
  Conversation delivered;
  delivered.handover().session(1, 0s).ehlo().deliver();
  CHECK(true_notification(notify(delivered, 2, 1min, {failed})).outcome == Outcome::fail);
  // Bounced, and delivered only later: the notification was true when it came, and the retry is another rule's.
  Conversation early;
  early.handover().session(1, 0s).ehlo().mail().rcpt("452 Full").quit();
  notify(early, 2, 1min, {failed}).session(3, 40min).ehlo().deliver();
  CHECK(true_notification(early).outcome == Outcome::pass);
  // The sender was not told that it had been accepted.
  Conversation unheard;
  unheard.handover().session(1, 0s).ehlo().mail().rcpt().data().content().silence("accept close",
                                                                                  true);
  unheard.end(journal::event::EndedBy::server, Stage::message);
  CHECK(true_notification(notify(unheard, 2, 1min, {failed})).outcome == Outcome::pass);
}

TEST_CASE("true_notification_names_who_was_handed_over") {
  Conversation talk = refused_for_good();
  CHECK(true_notification(talk).outcome == Outcome::not_applicable);
  CHECK(true_notification(notify(talk, 2, 1min, {{"B@rcpt.test", "failed", "5.1.1"}})).outcome ==
        Outcome::pass);
  CHECK(true_notification(notify(talk, 3, 2min, {{"x@rcpt.test", "failed", "5.1.1"}})).outcome ==
        Outcome::fail);
  // Where nobody said what was handed over it may be somebody else's.
  Conversation served;
  served.session(1, 0s).ehlo().mail().rcpt("550 5.1.1 No").quit();
  CHECK(true_notification(notify(served, 2, 1min, {{"x@rcpt.test", "failed", "5.1.1"}})).outcome !=
        Outcome::fail);
}

TEST_CASE("notified_may_be_who_never_hears_of_it") {
  // The host takes nobody's mail: what came later may have been the notification.
  Conversation all;
  all.handover().sender_started().connect(1, 0s).exchange(Stage::greeting, "", "554 No mail here");
  all.end(journal::event::EndedBy::client_closed, Stage::greeting);
  CHECK(notified(Conversation(all).wait(1min).sender_ended(0)).outcome == Outcome::fail);
  all.connect(2, 35min).exchange(Stage::greeting, "", "554 No mail here");
  all.end(journal::event::EndedBy::client_closed, Stage::greeting);
  CHECK(notified(Conversation(all).sender_ended(0)).outcome == Outcome::not_applicable);
  CHECK(test::finding(judge(test::expecting({}), Conversation(all).sender_ended(0).journal()),
                      "reports-failure")
            .outcome == Outcome::not_applicable);
  all.connect(3, 70min).exchange(Stage::greeting, "", "554 No mail here");
  all.end(journal::event::EndedBy::client_closed, Stage::greeting);
  CHECK(test::finding(judge(test::expecting({test::must("no-retry")}), all.journal()), "no-retry")
            .outcome == Outcome::fail);
}

TEST_CASE("notified_is_nobody_where_the_notification_was_rejected") {
  const auto said = [](const char* mail, const char* rcpt) {
    Conversation talk = refused_for_good();
    talk.session(2, 1min).ehlo().mail(mail, "");
    if (rcpt != nullptr) talk.rcpt(rcpt, "a@sender.test");
    return notified(talk.quit().sender_ended(0)).outcome;
  };
  CHECK(said("550 No", nullptr) == Outcome::not_applicable);
  CHECK(said("250 Ok", "550 No such user") == Outcome::not_applicable);
  CHECK(said("250 Ok", "450 Later") == Outcome::fail); // it was to be tried again
  CHECK(said("450 Later", nullptr) == Outcome::fail);
  // A question from <> before the rejection is no notification.
  Conversation asked;
  asked.handover().sender_started().session(1, 0s).ehlo().mail("550 No", "").quit();
  asked.session(2, 1min).ehlo().mail().rcpt("550 5.1.1 No such user").quit().sender_ended(0);
  CHECK(notified(asked).outcome == Outcome::fail);
}

TEST_CASE("notified_may_be_who_never_hears_of_it_though_the_first_connection_looks_like_a_probe") {
  Conversation all;
  journal::event::Run run;
  run.time_scale = 3600;
  all.run(run).handover().sender_started();
  for (const std::uint64_t i : {1U, 2U}) {
    all.connect(i, i * 1min).exchange(Stage::greeting, "", "554 No mail here");
    all.end(journal::event::EndedBy::client_closed, Stage::greeting);
  }
  CHECK(notified(all.sender_ended(0)).outcome == Outcome::not_applicable);
}
