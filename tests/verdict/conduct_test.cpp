// What a journal tells of a sender's manners, in the cases in which it is easy to be unjust to it.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using test::Conversation;

namespace {

constexpr const char* pipelining = "250-mx\r\n250 PIPELINING";

scenario::Scenario plain() {
  return test::expecting({});
}

/// A scenario with one rule, which waits before it does anything else.
scenario::Scenario waiting(Stage stage, Duration wait) {
  scenario::Scenario scenario = plain();
  scenario::Rule rule;
  rule.stages = {stage};
  rule.line = 7;
  rule.actions = {scenario::action::Delay{wait, wait}};
  scenario.server.rules.push_back(rule);
  return scenario;
}

Finding finding(const scenario::Scenario& scenario, const Conversation& talk,
                std::string_view rule) {
  return test::finding(judge(scenario, talk.journal()), rule);
}

} // namespace

TEST_CASE("conduct_taking_leave_after_421_is_no_talking_on") {
  Conversation talk;
  talk.session(1, minutes(0)).ehlo().mail().rcpt().data("421 4.3.2 Closing");
  talk.exchange(Stage::data, "RSET", "").exchange(Stage::quit, "QUIT", "");
  talk.end(EndedBy::client_closed, Stage::data);
  CHECK(finding(plain(), talk, "closes-after-421").outcome == Outcome::pass);
  talk.session(2, minutes(1)).ehlo().mail("421 4.3.2 Closing");
  talk.exchange(Stage::data, "MAIL FROM:<b@sender.test>", "");
  talk.end(EndedBy::client_closed, Stage::data);
  CHECK(finding(plain(), talk, "closes-after-421").outcome == Outcome::fail);
}

TEST_CASE("conduct_a_group_that_was_under_way_is_no_talking_on") {
  for (const bool announced : {true, false}) {
    Conversation talk;
    talk.session(1, minutes(0)).ehlo(announced ? pipelining : "250 mx").mail("421 4.3.2 Closing");
    talk.exchange(Stage::mail, "RCPT TO:<b@rcpt.test>", "")
        .exchange(Stage::mail, "BDAT 500 LAST", "");
    talk.end(EndedBy::server, Stage::mail);
    CHECK((finding(plain(), talk, "closes-after-421").outcome == Outcome::pass) == announced);
  }
}

TEST_CASE("conduct_an_unasked_421_is_read_after_the_next_command") {
  Conversation talk;
  talk.session(1, minutes(0)).ehlo();
  talk.exchange(Stage::idle, "", "421 4.4.2 Idle for too long");
  talk.exchange(Stage::idle, "MAIL FROM:<a@sender.test>", "");
  CHECK(finding(plain(), talk, "closes-after-421").outcome == Outcome::pass);
  talk.exchange(Stage::idle, "NOOP", "").end(EndedBy::client_closed, Stage::idle);
  CHECK(finding(plain(), talk, "closes-after-421").outcome == Outcome::fail);
  // The one in the greeting is read before anything is said.
  Conversation greeted;
  greeted.session(1, minutes(0), "421 4.3.2 Closed");
  greeted.exchange(Stage::greeting, "EHLO client.test", "").end(EndedBy::server, Stage::greeting);
  CHECK(finding(plain(), greeted, "closes-after-421").outcome == Outcome::fail);
}

TEST_CASE("conduct_who_hangs_up_while_the_refusal_is_held_back_has_not_heard_it") {
  const scenario::Scenario slow = waiting(Stage::mail, minutes(4));
  Conversation hasty;
  hasty.session(1, minutes(0))
      .ehlo()
      .exchange(Stage::mail, "MAIL FROM:<a@sender.test>", "450 Later", "delay", 7);
  hasty.wait(minutes(3)).end(EndedBy::client_closed, Stage::mail);
  CHECK(finding(slow, hasty, "ends-after-failure").outcome == Outcome::pass);
  Conversation rude;
  rude.session(1, minutes(0))
      .ehlo()
      .exchange(Stage::mail, "MAIL FROM:<a@sender.test>", "450 Later", "delay", 7);
  rude.wait(minutes(5)).end(EndedBy::client_closed, Stage::mail);
  CHECK(finding(slow, rude, "ends-after-failure").outcome == Outcome::fail);
}

TEST_CASE("conduct_who_waits_out_a_delay_that_ends_in_a_close_has_waited") {
  const scenario::Scenario slow = waiting(Stage::mail, minutes(6));
  Conversation patient;
  patient.session(1, minutes(0)).ehlo();
  patient.exchange(Stage::mail, "MAIL FROM:<a@sender.test>", "421 4.3.2 Closing", "delay", 7);
  patient.wait(minutes(6)).end(EndedBy::server, Stage::mail);
  const Finding waited = finding(slow, patient, "waits");
  CHECK(waited.outcome == Outcome::pass);
  CHECK(waited.actual == "was there when an answer came after 6m at stage mail");
  Conversation hasty;
  hasty.session(1, minutes(0)).ehlo();
  hasty.exchange(Stage::mail, "MAIL FROM:<a@sender.test>", "421 4.3.2 Closing", "delay", 7);
  hasty.wait(minutes(1)).end(EndedBy::client_closed, Stage::mail);
  CHECK(finding(slow, hasty, "waits").outcome == Outcome::fail);
}

TEST_CASE("conduct_the_connection_of_a_notification_is_no_retry") {
  scenario::Scenario refuses = plain();
  refuses.sender = {{"no-retry", scenario::Level::must, {}, 1}};
  const auto refused_at = [](Conversation& talk, std::uint64_t session, Moment at) {
    talk.session(session, at, "521 5.3.2 No mail here").end(EndedBy::server, Stage::greeting);
  };
  Conversation talk;
  talk.sender_started();
  refused_at(talk, 1, minutes(1));
  refused_at(talk, 2, minutes(2)); // of the notification, for all anybody can tell
  CHECK(finding(refuses, talk, "no-retry").outcome == Outcome::pass);
  Conversation twice = talk;
  refused_at(twice, 3, minutes(3));
  CHECK(finding(refuses, twice, "no-retry").outcome == Outcome::fail);
  Conversation later;
  later.sender_started();
  refused_at(later, 1, minutes(1));
  refused_at(later, 2, minutes(31));
  CHECK(finding(refuses, later, "no-retry").outcome == Outcome::fail);
}

TEST_CASE("conduct_each_recipient_may_be_reported_by_itself") {
  scenario::Scenario refuses = plain();
  refuses.sender = {{"notified", scenario::Level::must, std::string("failed"), 1}};
  const auto notify = [](Conversation& talk, std::uint64_t session) {
    talk.session(session, minutes(session))
        .ehlo()
        .mail("250 Ok", "")
        .rcpt("250 Ok", "a@sender.test");
    talk.data().content("bounce-" + std::to_string(session) + "@sender.test").message().quit();
  };
  Conversation talk;
  talk.sender_started().session(1, minutes(1)).ehlo().mail();
  talk.rcpt("550 5.1.1 No", "b@rcpt.test").rcpt("550 5.1.1 No", "c@rcpt.test").quit();
  notify(talk, 2);
  CHECK(finding(refuses, talk, "notified").outcome == Outcome::pass);
  notify(talk, 3);
  CHECK(finding(refuses, talk, "notified").outcome == Outcome::pass);
  notify(talk, 4);
  const Finding many = finding(refuses, talk, "notified");
  CHECK(many.outcome == Outcome::fail);
  CHECK(many.near_miss == "one for each recipient is enough");
}

TEST_CASE("conduct_runs_that_begin_apart_are_no_growing_crowd") {
  scenario::Scenario crowded = plain();
  crowded.test.runs = 4;
  crowded.sender = {{"concurrency-drops", scenario::Level::should, {}, 1}};
  const auto open = [](Conversation& talk, std::uint64_t session, Moment at, bool refused) {
    talk.session(session, at, refused ? "421 4.7.0 Too many" : "220 mx ESMTP");
    if (refused) talk.end(EndedBy::server, Stage::greeting);
  };
  // Two are seen at once before the first refusal can be known, three after it: two runs were late.
  Conversation talk;
  talk.sender_started();
  open(talk, 1, seconds(0), false);
  open(talk, 2, seconds(10), true);
  open(talk, 3, minutes(5), true);
  open(talk, 4, minutes(5) + seconds(20), true);
  CHECK(finding(crowded, talk, "concurrency-drops").outcome == Outcome::pass);
  open(talk, 5, minutes(5) + seconds(30), true);
  CHECK(finding(crowded, talk, "concurrency-drops").outcome == Outcome::fail);
}
