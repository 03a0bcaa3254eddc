// What notifications say, field by field: rights and wrongs that the journals of the rules do not show.
#include "notifying.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::verdict::test;
using journal::event::RecipientReport;
using namespace std::chrono_literals;

TEST_CASE("notification_form_of_a_status") {
  const auto outcome = [](const char* status, const char* action = "failed") {
    Conversation talk = refused();
    talk.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
    RecipientReport report = failed(status);
    report.action = action;
    const std::vector<RecipientReport> reports = {report};
    journal::event::Content content;
    content.size = 500;
    content.reports = reports;
    content.form.type = "Multipart/Report; report-type=Delivery-Status";
    content.form.status_type = "message/delivery-status";
    content.form.reporting_mta = "dns; x";
    return found(talk.content(content).message().quit(), "notification-form").outcome;
  };
  for (const auto* right : {"5.0.0", "4.4.7", "2.1.5", "5.123.456"})
    CHECK(outcome(right) == Outcome::pass);
  for (const auto* wrong :
       {"", "5", "5.1", "5.1.", "5..1", "5.1.1.1", "5.1.1234", "5.x.1", "3.1.1", "51.1.1", "x.1.1"})
    CHECK(outcome(wrong) == Outcome::fail);
  for (const auto* action : {"failed", "Delayed", "DELIVERED", "relayed", "expanded"})
    CHECK(outcome("5.0.0", action) == Outcome::pass);
  for (const auto* action : {"", "fail", "failure"})
    CHECK(outcome("5.0.0", action) == Outcome::fail);
}

TEST_CASE("notification_form_is_not_asked_of_a_text_for_people") {
  Conversation talk = refused();
  talk.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
  journal::event::Content content;
  content.size = 500;
  content.form.type = "text/plain";
  CHECK(found(talk.content(content).message().quit(), "notification-form").outcome ==
        Outcome::not_applicable);
  // One that says that it is a report and has none is one.
  Conversation empty = refused();
  empty.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
  content.form.type = "multipart/report; report-type=delivery-status";
  content.form.reporting_mta = "dns; x";
  CHECK_THAT(found(empty.content(content).message().quit(), "notification-form").actual,
             Catch::Contains("it reports on no recipient"));
}

TEST_CASE("original_envelope_id_where_nobody_said_more") {
  const auto outcome = [](std::string_view asked, const char* id, const char* original = "") {
    Conversation talk;
    talk.handover().ask_last(asked).sender_started();
    talk.session(1, 0s).ehlo(with_dsn).mail().rcpt("550 No such user").quit();
    talk.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
    RecipientReport report = failed("5.0.0");
    report.original_recipient = original;
    const std::vector<RecipientReport> reports = {report};
    journal::event::Content content;
    content.size = 500;
    content.reports = reports;
    content.form.original_envelope_id = id;
    return found(talk.content(content).message().quit(), "original-recipient").outcome;
  };
  CHECK(outcome("ENVID=x", "x") == Outcome::pass);
  CHECK(outcome("ENVID=x", "") == Outcome::fail);
  CHECK(outcome("ENVID=x", "y") == Outcome::fail);
  CHECK(outcome("ORCPT=rfc822;b@x", "", "rfc822; b@x") == Outcome::pass);
  CHECK(outcome("ORCPT=rfc822;b@x", "own", "rfc822; b@x") == Outcome::pass); // the sender's own
  CHECK(outcome("", "own") == Outcome::not_applicable);
}

TEST_CASE("true_notification_quotes_replies_that_were_given") {
  const auto outcome = [](const char* diagnostic) {
    Conversation talk = refused();
    RecipientReport report = failed("5.0.0");
    report.diagnostic = diagnostic;
    return found(notify(talk, 2, 1min, {report}), "true-notification").outcome;
  };
  for (const auto* right : {"smtp; 550 No such user", "SMTP ;550-No", "X-Mailer; 554 is not SMTP",
                            "smtp; refused", "smtp; 250 Ok", "", "smtp; 55"})
    CHECK(outcome(right) == Outcome::pass);
  for (const auto* wrong : {"smtp; 554 Refused", "SMTP;451 Busy", "smtp ; 551-x"})
    CHECK(outcome(wrong) == Outcome::fail);
}

TEST_CASE("true_notification_names_no_server_where_none_was_known") {
  scenario::Scenario scenario = test::expecting({});
  scenario.hosts.emplace_back();
  scenario.hosts.back().name = "mx.case.test";
  scenario.hosts.back().label = "mx";
  const auto outcome = [&](const char* remote, std::string_view records) {
    journal::event::Query query;
    query.name = "MX.case.test";
    query.type = "A";
    query.records = records;
    Conversation talk;
    talk.handover().sender_started().query(query);
    RecipientReport report = failed("4.4.3");
    report.remote_mta = remote;
    return test::finding(judge(scenario, notify(talk, 1, 6h, {report}).journal()),
                         "true-notification")
        .outcome;
  };
  CHECK(outcome("dns; mx.case.test", "") == Outcome::fail);
  CHECK(outcome("", "") == Outcome::pass);
  CHECK(outcome("dns; mx.case.test", "A 127.0.0.1") ==
        Outcome::pass); // it was known, and may have been tried
}

TEST_CASE("original_recipient_of_a_letter_beyond_ascii") {
  Conversation talk;
  talk.handover("1", {"bé@rcpt.test"}).sender_started();
  talk.session(1, 0s).ehlo().mail().rcpt("550 No", "bé@rcpt.test").quit();
  RecipientReport report = failed("5.0.0", "bé@rcpt.test");
  report.original_recipient = "utf-8; bé@rcpt.test";
  CHECK(found(notify(talk, 2, 1min, {report}), "original-recipient").outcome == Outcome::pass);
}

TEST_CASE("original_recipient_that_is_not_said_is_not_made_up") {
  Conversation talk = refused();
  notify(talk, 2, 1min, {failed("5.0.0")});
  CHECK(found(talk, "original-recipient", {test::must("original-recipient")}).outcome ==
        Outcome::pass);
  CHECK(found(talk, "original-recipient").outcome == Outcome::not_applicable);
}

TEST_CASE("failed_is_final_of_each_message_from_one_to_one") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}, "a@sender.test", {}, "m1@x");
  talk.handover("2", {"b@rcpt.test"}, "a@sender.test", {}, "m2@x");
  talk.session(1, 0s).ehlo().mail().rcpt("550 No").quit();
  talk.session(2, 1s).ehlo().mail().rcpt("550 No").quit();
  notify(talk, 3, 1min, {failed("5.0.0")});
  CHECK(found(notify(talk, 4, 2min, {failed("5.0.0")}), "failed-is-final").outcome ==
        Outcome::pass);
  CHECK(found(notify(talk, 5, 3min, {failed("5.0.0")}), "failed-is-final").outcome ==
        Outcome::fail);
}

TEST_CASE("returned_content_is_asked_of_who_was_asked") {
  const auto outcome = [](std::string_view parameters, const char* returned,
                          const char* marks = "") {
    Conversation talk;
    talk.handover().ask_last(parameters).sender_started();
    talk.session(1, 0s).ehlo(with_dsn).mail().rcpt("550 No such user").quit();
    talk.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
    journal::event::Content content;
    content.size = 500;
    content.marks = marks;
    content.form.returned = returned;
    talk.content(content).message().quit();
    return found(talk, "returned-content").outcome;
  };
  CHECK(outcome("RET=HDRS", "header") == Outcome::pass);
  CHECK(outcome("RET=HDRS", "") == Outcome::pass);
  CHECK(outcome("RET=HDRS", "message") == Outcome::fail);
  CHECK(outcome("RET=HDRS", "", "1-begin") == Outcome::fail);
  CHECK(outcome("RET=HDRS", "", "12-begin") == Outcome::pass); // of another message
  CHECK(outcome("RET=FULL", "message") == Outcome::not_applicable);
  CHECK(outcome("", "message") == Outcome::not_applicable);
}

TEST_CASE("true_notification_of_a_delay_may_be_on_its_way_for_an_hour") {
  const auto outcome = [](Moment told) {
    Conversation talk;
    talk.session(1, 0s).ehlo().deliver(); // nobody told when it was handed over
    RecipientReport delay = failed("4.3.2");
    delay.action = "delayed";
    return found(notify(talk, 2, told, {delay}), "true-notification").outcome;
  };
  constexpr Moment delivered = 70ms; // when the reply after the content was given
  CHECK(outcome(delivered + 1h - 1ms) == Outcome::pass);
  CHECK(outcome(delivered + 1h) == Outcome::fail);
}
