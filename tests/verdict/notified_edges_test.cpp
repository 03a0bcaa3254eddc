// Notifications at the bounds: which count, of whom they are, what is asked of their details, and which are final.
#include "notifying.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::verdict::test;
using journal::event::Content;
using journal::event::EndedBy;
using journal::event::RecipientReport;
using scenario::Stage;
using namespace std::chrono_literals;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;
constexpr auto none = Outcome::not_applicable;

const std::vector<std::string> two = {"b@rcpt.test", "c@rcpt.test"};

/// A notification whose content, envelope and reply are as they are told.
Conversation& sent(Conversation& talk, std::uint64_t session, const Content& content,
                   std::string_view reply = "250 Ok", const std::string& from = "",
                   const std::string& to = "a@sender.test") {
  talk.session(session, session * 1min).ehlo().mail("250 Ok", from).rcpt("250 Ok", to).data();
  return talk.content(content).message(reply).quit();
}
Content of(std::span<const RecipientReport> reports) {
  Content content;
  content.reports = reports;
  return content;
}

scenario::ExpectedNotification notice(std::vector<std::string> statuses,
                                      std::vector<std::string> fields) {
  return {"failed", std::move(statuses), std::move(fields)};
}

/// What is found where these details are asked for and this report comes.
Finding details(const scenario::ExpectedNotification& wanted, const RecipientReport& report,
                std::string_view envelope_id = {}) {
  Conversation talk = refused();
  Content content = of({&report, 1});
  content.form.original_envelope_id = envelope_id;
  return notified(sent(talk, 2, content), wanted);
}

Finding only(const Conversation& talk, const std::string& recipient,
             scenario::ExpectationValue value = std::string("failed")) {
  scenario::Expectation expectation = must("notified", std::move(value));
  expectation.recipient = recipient;
  return finding(judge(expecting({expectation}), talk.journal()), "notified");
}

} // namespace

TEST_CASE("notified_edges_evidence_tells_what_the_notification_says") {
  Conversation words = refused();
  notify(words, 2, 1min, {});
  CHECK(found(words, "notified").evidence.at(0).text ==
        "a notification in plain text was accepted");
  Conversation reports = refused();
  notify(reports, 2, 1min,
         {failed("5.1.1"), failed("5.1.1", "c@rcpt.test"), failed("5.1.1", "d@rcpt.test"),
          failed("5.1.1", "e@rcpt.test")});
  CHECK(
      found(reports, "notified").evidence.at(0).text ==
      "a notification was accepted: b@rcpt.test failed 5.1.1 c@rcpt.test failed 5.1.1 d@rcpt.test "
      "failed 5.1.1");
}

TEST_CASE("notified_edges_what_is_expected_is_said_with_all_its_details") {
  const RecipientReport report = failed("5.1.1");
  CHECK(details(notice({}, {}), report).expected ==
        "a notification with the action failed arrives");
  CHECK(details(notice({"5.1.1", "5.1.2"}, {}), report).expected ==
        "a notification with the action failed arrives, status 5.1.1, 5.1.2");
  CHECK(details(notice({}, {"Remote-MTA", "Diagnostic-Code"}), report).expected ==
        "a notification with the action failed arrives, with Remote-MTA, Diagnostic-Code");
}

TEST_CASE("notified_edges_each_field_is_asked_for_by_itself") {
  const auto with = [](std::string_view RecipientReport::*field, const char* wanted) {
    RecipientReport report = failed("5.1.1");
    CHECK(details(notice({}, {wanted}), report).actual ==
          "a notification has no " + std::string(wanted));
    report.*field = "there";
    CHECK(details(notice({}, {wanted}), report).outcome == pass);
  };
  with(&RecipientReport::remote_mta, "Remote-MTA");
  with(&RecipientReport::diagnostic, "Diagnostic-Code");
  with(&RecipientReport::original_recipient, "Original-Recipient");
  with(&RecipientReport::will_retry_until, "Will-Retry-Until");
  const RecipientReport report = failed("5.1.1");
  CHECK(details(notice({}, {"Original-Envelope-Id"}), report).outcome == fail);
  CHECK(details(notice({}, {"Original-Envelope-Id"}), report, "id").outcome == pass);
}

TEST_CASE("notified_edges_a_status_is_one_that_is_allowed_or_says_less") {
  const auto outcome = [](const char* status) {
    return details(notice({"5.1.1", "5.2.2"}, {}), failed(status)).outcome;
  };
  for (const auto* right : {"5.1.1", "5.2.2", "5.1.0", "5.2.0", "5.0.0", "4.0.0"})
    CHECK(outcome(right) == pass);
  for (const auto* wrong : {"5.1.2", "5.3.0", "5.7.1", "5.1.10"})
    CHECK(outcome(wrong) == fail);
  // What is no status is a matter of the form.
  for (const auto* none_at_all : {"", "5.1", "5.11"})
    CHECK(outcome(none_at_all) == pass);
}

TEST_CASE("notified_edges_details_are_asked_of_notifications_that_came_from_nobody") {
  const RecipientReport wrong = failed("5.7.1");
  const RecipientReport right = failed("5.1.1");
  const scenario::ExpectedNotification wanted = notice({"5.1.1"}, {});
  Conversation refused_one = refused();
  sent(refused_one, 2, of({&wrong, 1}), "550 No");
  CHECK(notified(sent(refused_one, 3, of({&right, 1})), wanted).outcome == pass);
  // One from an address is wrong for that reason.
  Conversation somebody = refused();
  CHECK_THAT(notified(sent(somebody, 2, of({&wrong, 1}), "250 Ok", "x@sender.test"), wanted).actual,
             Catch::StartsWith("a notification came from an address"));
  // Nobody looked into this one.
  Conversation unseen = refused();
  unseen.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
  unseen.message().quit();
  CHECK(notified(unseen, wanted).outcome != pass);
  // Of another recipient nothing was asked.
  Conversation others = refused(two);
  const std::vector<RecipientReport> both = {failed("5.1.1"), failed("5.7.1", "c@rcpt.test")};
  sent(others, 2, of(both));
  CHECK(only(others, "b@*", wanted).outcome == pass);
  CHECK(only(others, "c@*", wanted).outcome == fail);
}

TEST_CASE("notified_edges_one_notification_for_each_recipient_who_did_not_get_it") {
  const auto outcome = [](bool second_accepted, std::string_view reply = "550 No") {
    Conversation talk;
    talk.handover("1", two).session(1, 0s).ehlo().mail().rcpt(reply);
    talk.rcpt(second_accepted ? "250 Ok" : "550 No", "c@rcpt.test");
    if (second_accepted) talk.data().content().message();
    talk.quit();
    notify(talk, 2, 1min, {failed("5.1.1")});
    notify(talk, 3, 2min, {failed("5.1.1", second_accepted ? "b@rcpt.test" : "c@rcpt.test")});
    return found(talk.sender_ended(0), "notified").outcome;
  };
  CHECK(outcome(false) == pass);
  CHECK(outcome(true) == fail);
  CHECK(outcome(true, "452 Full") ==
        fail); // that it was put off makes two that say failed no better
}

TEST_CASE("notified_edges_who_got_it_in_the_end_is_no_reason_for_a_notification") {
  Conversation talk = refused();
  talk.session(2, 40min).ehlo().deliver();
  CHECK(found(talk, "notified").outcome == none);
  // Nor is another recipient, where only one is asked about.
  Conversation both;
  both.handover("1", two).sender_started().session(1, 0s).ehlo().mail().rcpt();
  both.rcpt("550 No", "c@rcpt.test").data().content().message().quit().sender_ended(0);
  CHECK_THAT(only(both, "b@*").actual, Catch::Contains("the message was not delivered"));
  CHECK_THAT(only(both, "c@*").actual, Catch::Contains("the server rejected the message (5"));
}

TEST_CASE("notified_edges_a_notification_is_about_the_first_recipient_that_is_known") {
  Conversation talk;
  talk.handover("1").handover("2", {"c@rcpt.test"}).sender_started();
  talk.session(1, 0s).ehlo().mail().rcpt("550 No").quit();
  talk.session(2, 1s).ehlo().mail().rcpt("550 No", "c@rcpt.test").quit();
  notify(talk, 3, 1min, {failed("5.1.1", "c@rcpt.test"), failed("5.1.1", "stranger@rcpt.test")});
  const Finding finding = found(talk, "notified");
  CHECK(finding.outcome == fail);
  REQUIRE(finding.evidence.size() == 1);
  CHECK(finding.evidence[0].session == 1); // of the other one nothing was said
}

TEST_CASE("notified_edges_an_address_that_is_named_twice_is_told_once") {
  Conversation talk = refused();
  talk.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test");
  talk.rcpt("250 Ok", "a@sender.test").data().content("", {}, {failed("5.1.1")}).message().quit();
  CHECK(found(talk, "notified").actual == "1 notification arrived");
}

TEST_CASE("notified_edges_what_notify_forbids_is_told_once_of_each_notification") {
  const auto finding = [](std::string_view notify_parameter, std::string_view reply,
                          const std::string& to = "a@sender.test") {
    Conversation talk;
    talk.handover().ask_last(notify_parameter).session(1, 0s).ehlo(with_dsn).mail();
    talk.rcpt("550 No").quit();
    const std::vector<RecipientReport> reports = {failed("5.1.1"), failed("5.1.1")};
    return found(sent(talk, 2, of(reports), reply, "", to), "notified");
  };
  const Finding never = finding("NOTIFY=NEVER", "250 Ok");
  CHECK(never.outcome == fail);
  CHECK(never.actual == "a notification arrived, but NOTIFY was NEVER");
  CHECK(finding("NOTIFY=NEVER", "550 No").outcome == none);
  CHECK(finding("NOTIFY=NEVER", "250 Ok", "other@sender.test").outcome == none);
  CHECK_THAT(finding("NOTIFY=DELAY", "250 Ok").actual,
             Catch::StartsWith("a notification has the action failed, but NOTIFY was DELAY"));
  CHECK(finding("NOTIFY=FAILURE", "250 Ok").outcome == pass);
  CHECK(finding("", "250 Ok").outcome == pass);
}

TEST_CASE("notified_edges_who_is_left_out_is_told_why") {
  const auto said = [](Conversation talk, std::string word = "failed",
                       journal::event::Run run = {}) {
    return notified(talk.run(run), std::move(word)).actual;
  };
  CHECK(said(refused().sender_ended(75)) ==
        "the command's exit status reported the failure to its caller");
  Conversation accepted;
  accepted.handover().sender_started().session(1, 0s).ehlo().deliver().sender_ended(0);
  CHECK(said(accepted, "relayed") ==
        "the command's exit status 0 reported the success to its caller");
  journal::event::Run queueing;
  queueing.role = "queueing";
  CHECK_THAT(said(accepted, "relayed", queueing), !Catch::Contains("status 0"));
  journal::event::Run without;
  without.without = "dsn";
  CHECK(said(refused(), "failed", without) == "the sender is declared not to send notifications");
}

TEST_CASE("notified_edges_one_that_came_is_told_whatever_is_open_of_another") {
  const auto both = [](bool timed_out) {
    Conversation talk;
    talk.handover("1").handover("2", {"c@rcpt.test"}).sender_started();
    talk.session(1, 0s).ehlo().mail().rcpt("550 No").quit();
    talk.session(2, 1s).ehlo().mail().rcpt("550 No", "c@rcpt.test").quit();
    notify(talk, 3, 1min, {failed("5.1.1")});
    return found(timed_out ? talk.sender_timed_out() : talk.sender_ended(75), "notified");
  };
  CHECK(both(true).actual == "1 notification arrived");
  CHECK(both(false).actual == "1 notification arrived");
}

TEST_CASE("notified_edges_a_give_up_is_due_after_the_lifetime_and_a_pause") {
  const auto outcome = [](Duration watched, std::string_view reply) {
    Conversation talk = refused({"b@rcpt.test"}, reply);
    scenario::Scenario scenario =
        expecting({must("notified", std::string("failed")),
                   should("gives-up", scenario::Range<Duration>{Duration::zero(), std::nullopt})});
    return finding(judge(scenario, lasting(talk, 2h, watched).journal()), "notified").outcome;
  };
  CHECK(outcome(4h + 10ms, "452 Full") ==
        fail); // the handover comes ten milliseconds before all else
  CHECK(outcome(4h + 10ms - 1us, "452 Full") == Outcome::undecided);
  CHECK(outcome(3h, "550 No") == fail); // nothing is left to try
}

TEST_CASE("reports_edges_only_notifications_that_came_from_nobody_have_a_form") {
  Content content;
  content.form.type = "multipart/report; report-type=delivery-status";
  content.form.status_type = "message/delivery-status";
  const auto outcome = [&](std::string_view reply, const std::string& from, const std::string& to) {
    Conversation talk = refused();
    return found(sent(talk, 2, content, reply, from, to), "notification-form").outcome;
  };
  CHECK(outcome("250 Ok", "", "a@sender.test") == fail); // it reports on no recipient
  CHECK(outcome("550 No", "", "a@sender.test") == none);
  CHECK(outcome("250 Ok", "x@sender.test", "a@sender.test") == none);
  CHECK(outcome("250 Ok", "", "other@sender.test") == none); // to nobody who sent something
  // Nobody looked into this one.
  Conversation unseen = refused();
  unseen.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
  CHECK(found(unseen.message().quit(), "notification-form").outcome == none);
}

TEST_CASE("reports_edges_every_group_of_a_report_has_a_form") {
  const auto wrong = [](std::vector<RecipientReport> reports) {
    Content content = of(reports);
    content.form.type = "multipart/report; report-type=delivery-status";
    content.form.status_type = "message/delivery-status";
    content.form.reporting_mta = "dns; mail.test";
    Conversation talk = refused();
    return found(sent(talk, 2, content), "notification-form").outcome;
  };
  CHECK(wrong({failed("5.1.1"), failed("5.1.1")}) == pass);
  CHECK(wrong({failed("5.1.1"), failed("five")}) == fail);
  CHECK(wrong({failed("five"), failed("5.1.1")}) == fail);
  for (const auto* status : {"5.1.1", "4.123.123", "2.0.0"})
    CHECK(wrong({failed(status)}) == pass);
  for (const auto* status :
       {".1.1", "5.1234.1", "5.1", "5.1.1.1", "55.1.1", "3.1.1", "5.1.x", "5..1", "5.1."})
    CHECK(wrong({failed(status)}) == fail);
}

TEST_CASE("reports_edges_what_was_asked_for_is_quoted") {
  const auto finding = [](std::string_view parameters, std::string_view original,
                          std::string_view envelope_id, bool told = true) {
    Conversation talk;
    if (told) talk.handover().ask_last(parameters);
    talk.session(1, 0s).ehlo(with_dsn).mail().rcpt("550 No").quit();
    RecipientReport report = failed("5.1.1");
    report.original_recipient = original;
    Content content = of({&report, 1});
    content.form.original_envelope_id = envelope_id;
    return found(sent(talk, 2, content), "original-recipient");
  };
  CHECK(finding("", "", "").outcome == none);
  CHECK(finding("ORCPT=rfc822;x@orig.test", "", "").actual ==
        "a notification does not repeat the request: Original-Recipient is missing, but ORCPT was "
        "rfc822;x@orig.test");
  CHECK(finding("ENVID=one", "", "").actual ==
        "a notification does not repeat the request: Original-Envelope-Id is missing, but ENVID "
        "was one");
  CHECK(finding("ENVID=one ORCPT=rfc822;x@orig.test", "rfc822; y@orig.test", "two").actual ==
        "a notification does not repeat the request: Original-Recipient is rfc822;y@orig.test, but "
        "ORCPT was "
        "rfc822;x@orig.test");
  CHECK(finding("ENVID=one ORCPT=rfc822;x@orig.test", "rfc822; x@orig.test", "one").outcome ==
        pass);
  CHECK(finding("", "rfc822; stranger@orig.test", "").outcome == fail);
  // Where nobody told us what was handed over, nobody knows whom its sender named.
  CHECK(finding("", "rfc822; stranger@orig.test", "", false).outcome == none);
}

TEST_CASE("reports_edges_after_failed_only_a_delay_or_another_failure_is_wrong") {
  const auto outcome = [](const char* action) {
    Conversation talk = refused();
    notify(talk, 2, 1min, {failed("5.1.1")});
    RecipientReport second = failed("2.0.0");
    second.action = action;
    notify(talk, 3, 2min, {second});
    return found(talk, "failed-is-final").outcome;
  };
  CHECK(outcome("failed") == fail);
  CHECK(outcome("delayed") == fail);
  CHECK(outcome("relayed") == pass);
  CHECK(outcome("expanded") == pass);
}

TEST_CASE("reports_edges_after_failed_nothing_of_the_message_is_tried") {
  const auto finding = [](std::size_t messages, auto&& later) {
    Conversation talk;
    for (std::size_t i = 1; i <= messages; ++i)
      talk.handover(std::to_string(i));
    talk.session(1, 0s).ehlo().mail().rcpt("550 No").quit();
    notify(talk, 2, 1min, {failed("5.1.1")});
    later(talk);
    return found(talk, "failed-is-final");
  };
  const auto twice = [](Conversation& talk) {
    for (std::uint64_t i = 3; i <= 4; ++i)
      talk.session(i, i * 1h).ehlo().mail().rcpt("550 No").quit();
  };
  CHECK(finding(1, twice).outcome == fail);
  CHECK_THAT(finding(1, twice).actual, !Catch::Contains("more of the same kind"));
  CHECK(finding(2, twice).outcome == pass); // nobody knows which of the two has failed
  // One that began with the notification was under way.
  const auto together = [](Conversation& talk) {
    talk.session(3, 1min).ehlo().mail().rcpt("550 No").quit();
  };
  CHECK(finding(1, together).outcome == pass);
}

TEST_CASE("reports_edges_a_recipient_s_requests_are_in_its_own_command") {
  const auto outcome = [](std::string_view first, std::string_view second) {
    Conversation talk;
    talk.handover("1", two).ask_last("NOTIFY=FAILURE").session(1, 0s).ehlo(with_dsn).mail();
    talk.exchange(Stage::rcpt, "RCPT TO:<b@rcpt.test>" + std::string(first), "250 Ok");
    talk.exchange(Stage::rcpt, "RCPT TO:<c@rcpt.test>" + std::string(second), "250 Ok");
    return found(talk.data().content().message().quit(), "passes-on");
  };
  CHECK(outcome(" NOTIFY=FAILURE", " NOTIFY=FAILURE").outcome == pass);
  CHECK(outcome(" NOTIFY=FAILURE", "").actual ==
        "in a try for c@rcpt.test, NOTIFY=FAILURE was left out");
  CHECK(outcome("", " NOTIFY=FAILURE").actual ==
        "in a try for b@rcpt.test, NOTIFY=FAILURE was left out");
  // A connection that failed before MAIL has passed nothing on, and left nothing out.
  Conversation failed_before;
  failed_before.handover().ask_last("NOTIFY=FAILURE");
  failed_before.session(1, 0s, "421 Busy").end(EndedBy::server, Stage::greeting);
  CHECK(found(failed_before, "passes-on").outcome == none);
}

TEST_CASE("notified_edges_a_notification_that_is_only_deferred_is_still_due") {
  const auto outcome = [](std::string_view reply) {
    Conversation talk = refused();
    talk.session(2, 1min).ehlo().mail(reply, "").quit().sender_ended(0);
    return found(talk, "notified").outcome;
  };
  CHECK(outcome("499 Later") == fail);
  CHECK(outcome("500 No") != fail); // nobody is notified of what becomes of a notification
}
