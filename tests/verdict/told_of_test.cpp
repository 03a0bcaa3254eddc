// Of whom an author has to be told, and what counts as telling.
#include "notifying.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::verdict::test;
using namespace std::chrono_literals;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;

const std::vector<std::string> three = {"b@rcpt.test", "c@rcpt.test", "d@rcpt.test"};

journal::event::RecipientReport report(const char* action, const char* status, const char* of) {
  journal::event::RecipientReport one = failed(status, of);
  one.action = action;
  return one;
}

Finding came(Conversation talk, const journal::event::Content& content) {
  journal::event::Run run;
  run.notifications_come = true;
  talk.session(9, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
  return found(talk.content(content).message().quit().sender_ended(0, true).run(run), "notified");
}

} // namespace

TEST_CASE("told_of_each_recipient_who_was_rejected") {
  Conversation one = refused(three);
  const Finding left_out = found(notify(one, 2, 1min, {failed("5.0.0")}), "notified");
  CHECK(left_out.outcome == fail);
  CHECK(left_out.actual == "no notification of the failure of c@rcpt.test, d@rcpt.test arrived");
  REQUIRE(left_out.evidence.size() == 1);
  CHECK_THAT(left_out.evidence[0].text, Catch::Contains("c@rcpt.test"));
  Conversation delayed = refused(three);
  notify(delayed, 2, 1min,
         {failed("5.0.0"), report("delayed", "4.0.0", "c@rcpt.test"),
          report("delayed", "4.0.0", "d@rcpt.test")});
  CHECK(found(delayed, "notified").outcome == fail);
  Conversation all = refused(three);
  notify(all, 2, 1min, {failed("5.0.0"), failed("5.0.0", "c@rcpt.test")});
  CHECK(found(all, "notified").outcome == fail);
  CHECK(found(notify(all, 3, 2min, {failed("5.0.0", "D@rcpt.test")}), "notified").outcome == pass);
}

TEST_CASE("told_of_whoever_failed_by_a_text_or_under_another_name") {
  Conversation words = refused(three);
  CHECK(found(notify(words, 2, 1min, {}), "notified").outcome == pass);
  Conversation alias = refused(three);
  notify(alias, 2, 1min,
         {failed("5.0.0"), failed("5.0.0", "c@elsewhere.test"), failed("5.0.0", "d@x.test")});
  CHECK(found(alias, "notified").outcome == pass);
}

TEST_CASE("told_of_who_failed_and_not_of_who_is_still_tried_or_was_accepted") {
  Conversation talk;
  talk.handover("1", three).sender_started().session(1, 0s).ehlo().mail().rcpt("550 No");
  talk.rcpt("450 Later", "c@rcpt.test").rcpt("250 Ok", "d@rcpt.test").data().content();
  notify(talk.message().quit(), 2, 1min, {failed("5.0.0")});
  CHECK(found(talk, "notified").outcome == pass);
  // When the lifetime is over, of that one, too.
  const auto after = [&talk](std::vector<journal::event::RecipientReport> reports) {
    Conversation late = talk;
    late.session(3, 1h).ehlo().mail().rcpt("450 Later", "c@rcpt.test").quit();
    if (!reports.empty()) notify(late, 4, 25h, std::move(reports));
    return found(lasting(late.sender_ended(0, true), 24h, 120h), "notified");
  };
  CHECK(after({failed("4.4.7", "c@rcpt.test")}).outcome == pass);
  CHECK(after({}).actual == "no notification of the failure of c@rcpt.test arrived");
}

TEST_CASE("told_of_two_messages_to_the_same_recipients_by_a_notification_for_each") {
  const auto outcome = [](bool second) {
    Conversation talk;
    talk.handover("1", three).handover("2", {"b@rcpt.test"}).sender_started();
    talk.session(1, 0s).ehlo().mail();
    for (const std::string& recipient : three)
      talk.rcpt("550 No", recipient);
    talk.quit().session(2, 1s).ehlo().mail().rcpt("550 No").quit();
    if (second) notify(talk, 3, 1min, {failed("5.0.0")});
    notify(talk, 4, 2min,
           {failed("5.0.0"), failed("5.0.0", "c@rcpt.test"), failed("5.0.0", "d@rcpt.test")});
    return found(talk, "notified").outcome;
  };
  CHECK(outcome(true) == pass);
  CHECK(outcome(false) == fail);
}

TEST_CASE("told_of_a_failure_only_by_what_reports_a_delivery") {
  journal::event::Content content;
  content.text_size = 500;
  content.form.type = "text/plain";
  CHECK(came(refused(), content).outcome == pass);
  content.form.type = "multipart/report";
  CHECK(came(refused(), content).outcome == pass); // which kind of report is not said
  content.form.type = "multipart/report; report-type=Delivery-Status";
  CHECK(came(refused(), content).outcome == pass);
  content.form.type = "multipart/report; report-type=disposition-notification";
  const Finding read = came(refused(), content);
  CHECK(read.outcome == fail);
  CHECK(read.actual == "no notification arrived, but a multipart/report; "
                       "report-type=disposition-notification");
  content.form.type = "multipart/report; report-type=feedback-report";
  CHECK(came(refused(), content).outcome == fail);
}

TEST_CASE("told_of_a_failure_not_by_the_message_that_comes_back_alone") {
  Conversation talk = refused();
  talk.handover("2", {"c@rcpt.test"}, "c@sender.test", {}, "m2@sender.test");
  talk.session(1, 1s).ehlo().mail("250 Ok", "c@sender.test").rcpt("550 No", "c@rcpt.test").quit();
  talk.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "c@sender.test").data();
  talk.content("m2@sender.test").message().quit();
  const Finding finding = found(talk.sender_ended(0), "notified");
  CHECK(finding.outcome == fail);
  CHECK_THAT(finding.actual, Catch::Contains("no notification arrived"));
}

TEST_CASE("told_of_a_message_twice_only_by_what_returns_that_message") {
  const auto said = [](std::string_view second) {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test"}, "a@sender.test", {}, "m1@sender.test");
    talk.handover("2", {"b@rcpt.test"}, "c@sender.test", {}, "m2@sender.test").sender_started();
    talk.session(1, 0s).ehlo().mail().rcpt("550 No").quit();
    talk.session(2, 1s).ehlo().mail("250 Ok", "c@sender.test").rcpt("550 No").quit();
    const std::vector<journal::event::RecipientReport> reports = {failed("5.0.0")};
    journal::event::Content content;
    content.reports = reports;
    for (const std::string_view id : {std::string_view("m1@sender.test"), second}) {
      content.form.returned_message_id = id;
      talk.session(id == second ? 4 : 3, id == second ? 2min : 1min).ehlo().mail("250 Ok", "");
      talk.rcpt("250 Ok", "a@sender.test").data().content(content).message().quit();
    }
    return found(talk.sender_ended(0), "notified").actual;
  };
  CHECK_THAT(said("m2@sender.test"), Catch::Contains("no notification arrived"));
  CHECK_THAT(said("m3@sender.test"), Catch::Contains("2 notifications arrived"));
}
