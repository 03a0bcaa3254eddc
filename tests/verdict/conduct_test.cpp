// What a journal tells of a sender's manners, in the cases in which it is easy to be unjust to it.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::Conversation;

namespace {

constexpr const char* pipelining = "250-mx\r\n250 PIPELINING";

scenario::Scenario plain() {
  return test::expecting({});
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

TEST_CASE("conduct_the_connection_of_a_notification_is_no_retry") {
  scenario::Scenario refuses = plain();
  refuses.sender = {{"no-retry", scenario::Level::must, {}, 1}};
  const auto outcome = [&](bool handed_over, int connections, Duration after) {
    Conversation talk;
    if (handed_over) talk.handover();
    for (int i = 0; i < connections; ++i)
      talk.session(static_cast<std::uint64_t>(i) + 1, minutes(1) + i * after,
                   "521 5.3.2 No mail here")
          .end(EndedBy::server, Stage::greeting);
    return finding(refuses, talk, "no-retry").outcome;
  };
  for (const bool handed_over : {false, true}) {
    CHECK(outcome(handed_over, 1, minutes(1)) == Outcome::pass);
    // Of the notification, for all anybody can tell, which may wait for the next queue run.
    CHECK(outcome(handed_over, 2, minutes(1)) == Outcome::pass);
    CHECK(outcome(handed_over, 2, hours(3)) == Outcome::pass);
    CHECK(outcome(handed_over, 3, minutes(1)) == Outcome::fail);
  }
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
  CHECK(many.actual.ends_with(", but one for each recipient is enough"));
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

namespace {

Outcome outcome(const Conversation& talk, std::string_view rule) {
  return finding(plain(), talk, rule).outcome;
}

/// A session as far as EHLO; with PIPELINING or without.
Conversation greeted(const char* hello = "250 mx") {
  Conversation talk;
  talk.session(1, minutes(0)).ehlo(hello);
  return talk;
}

} // namespace

TEST_CASE("conduct_after_421_a_connection_is_open_for_five_minutes_at_most") {
  const auto stays = [](Duration time) {
    Conversation talk = greeted().mail("421 4.3.2 Closing");
    constexpr Moment said = milliseconds(30);
    return outcome(talk.finish(said + time), "closes-after-421");
  };
  CHECK(stays(minutes(5) + milliseconds(20)) == Outcome::pass);
  CHECK(stays(minutes(5) + milliseconds(21)) == Outcome::fail);
}

TEST_CASE("conduct_a_421_that_nobody_met_is_no_matter") {
  CHECK(outcome(greeted().deliver(), "closes-after-421") == Outcome::not_applicable);
  scenario::Scenario asks = plain();
  asks.sender = {{"closes-after-421", scenario::Level::should, {}, 1}};
  CHECK(finding(asks, greeted().deliver(), "closes-after-421").actual == "no 421 was sent");
}

TEST_CASE("conduct_after_a_refusal_the_transaction_is_not_continued") {
  const auto goes_on = [](Conversation talk) { return outcome(talk.quit(), "ends-after-failure"); };
  CHECK(goes_on(greeted().mail("452 Full").rcpt("503 Need MAIL")) == Outcome::fail);
  CHECK(goes_on(greeted().mail("452 Full").data("503 Need MAIL")) == Outcome::fail);
  CHECK(goes_on(greeted().mail().rcpt("452 Full").data("503 Need RCPT")) == Outcome::fail);
  CHECK(goes_on(greeted().mail().rcpt("452 Full").mail("503 Sender already given")) ==
        Outcome::fail);
  CHECK(goes_on(greeted().mail().rcpt().data("451 No").mail("503 Sender already given")) ==
        Outcome::fail);
  // A new transaction after MAIL, or after the end of the content; RSET; another recipient.
  CHECK(goes_on(greeted().mail("452 Full").mail("452 Full")) == Outcome::pass);
  CHECK(goes_on(greeted().mail().rcpt().data().content().message("452 Full").mail("452 Full")) ==
        Outcome::pass);
  CHECK(goes_on(greeted().mail().rcpt("452 Full").exchange(Stage::rset, "RSET", "250 Ok").mail()) ==
        Outcome::pass);
  CHECK(goes_on(greeted()
                    .mail()
                    .rcpt("452 Full")
                    .rcpt("250 Ok", "c@rcpt.test")
                    .data()
                    .content()
                    .message()) == Outcome::pass);
  CHECK(goes_on(greeted().mail().rcpt().data().content().message()) == Outcome::not_applicable);
}

TEST_CASE("conduct_a_refused_recipient_among_accepted_ones_ends_nothing") {
  Conversation talk =
      greeted().mail().rcpt().rcpt("550 No", "c@rcpt.test").data().content().message().quit();
  CHECK(outcome(talk, "ends-after-failure") == Outcome::not_applicable);
  // It is the transaction's that were accepted, not those of the one before.
  Conversation next = greeted().mail().rcpt().data().content().message();
  next.mail().rcpt("550 No", "c@rcpt.test").data("503 Need RCPT").quit();
  CHECK(outcome(next, "ends-after-failure") == Outcome::fail);
}

TEST_CASE("conduct_what_was_under_way_does_not_continue_a_transaction") {
  CHECK(outcome(greeted(pipelining).mail("452 Full").rcpt("503 No").data("503 No").quit(),
                "ends-after-failure") == Outcome::pass);
  CHECK(outcome(greeted(pipelining).mail().rcpt("452 Full").data("503 No").quit(),
                "ends-after-failure") == Outcome::pass);
  CHECK(outcome(greeted(pipelining).mail().rcpt("452 Full").mail("503 No").quit(),
                "ends-after-failure") == Outcome::fail);
}

TEST_CASE("conduct_a_421_ends_more_than_a_transaction") {
  CHECK(outcome(greeted().mail("421 Bye").rcpt("421 Bye").quit(), "ends-after-failure") ==
        Outcome::not_applicable);
}

TEST_CASE("leave_taking_is_due_after_a_success_and_after_a_failure") {
  CHECK(outcome(greeted().deliver(), "leave-taking") == Outcome::pass);
  for (const EndedBy by : {EndedBy::client_closed, EndedBy::client_reset}) {
    CHECK(outcome(greeted().mail().rcpt().data().content().message().end(by, Stage::idle),
                  "leave-taking") == Outcome::fail);
    CHECK(outcome(greeted().mail("452 Full").end(by, Stage::mail), "leave-taking") ==
          Outcome::fail);
    CHECK(outcome(greeted().mail("550 No").end(by, Stage::mail), "leave-taking") == Outcome::fail);
    CHECK(outcome(greeted().end(by, Stage::ehlo), "leave-taking") == Outcome::fail);
  }
}

TEST_CASE("leave_taking_is_not_due_where_it_could_not_be_said") {
  const auto dropped = [](Conversation talk) {
    return outcome(talk.end(EndedBy::client_closed, Stage::mail), "leave-taking");
  };
  CHECK(dropped(Conversation().session(1, minutes(0))) == Outcome::not_applicable); // before EHLO
  CHECK(dropped(Conversation().session(1, minutes(0)).ehlo("502 What?")) ==
        Outcome::not_applicable);
  CHECK(dropped(greeted().mail("421 Bye")) == Outcome::not_applicable);
  CHECK(dropped(greeted().mail("421 Bye").rcpt("250 Ok")) == Outcome::not_applicable);
  CHECK(dropped(greeted().held(Stage::mail, "MAIL FROM:<a@sender.test>", minutes(5), "")) ==
        Outcome::not_applicable);
  CHECK(dropped(greeted().mail("")) == Outcome::not_applicable);
  CHECK(dropped(greeted().mail("999 Huh")) == Outcome::not_applicable);
  CHECK(dropped(greeted().mail("600 Huh")) == Outcome::not_applicable);
  CHECK(dropped(greeted().mail("199 Huh")) == Outcome::not_applicable);
  CHECK(dropped(greeted().reading(true).mail()) == Outcome::not_applicable);
  CHECK(dropped(greeted().exchange(Stage::starttls, "STARTTLS", "220 Go").tls(false)) ==
        Outcome::not_applicable);
  CHECK(dropped(greeted().exchange(Stage::quit, "QUIT", "221 Bye")) == Outcome::not_applicable);
  // Tempfail ended the sender, and its connection with it: up to 100 ms of real time before it knew.
  Conversation ended = greeted().mail();
  ended.end(EndedBy::client_closed, Stage::mail).wait(milliseconds(90));
  ended.sender_ended(143, false, journal::event::ProcessEnd::timeout);
  CHECK(outcome(ended, "leave-taking") == Outcome::not_applicable);
  Conversation before = greeted().mail();
  before.end(EndedBy::client_closed, Stage::mail).wait(milliseconds(91));
  before.sender_ended(143, false, journal::event::ProcessEnd::timeout);
  CHECK(outcome(before, "leave-taking") == Outcome::fail);
  // The server ended it.
  CHECK(outcome(greeted().mail().end(EndedBy::server, Stage::mail), "leave-taking") ==
        Outcome::not_applicable);
}

TEST_CASE("one_by_one_a_refused_recipient_keeps_no_other_from_the_message") {
  const auto gives_up = [](auto leave) {
    Conversation talk = greeted().mail().rcpt().rcpt("550 No", "c@rcpt.test");
    leave(talk);
    return finding(plain(), talk, "recipients-one-by-one");
  };
  const Finding reset =
      gives_up([](Conversation& talk) { talk.exchange(Stage::rset, "RSET", "250 Ok").quit(); });
  CHECK(reset.outcome == Outcome::fail);
  CHECK(reset.evidence.front().text == "RCPT TO:<c@rcpt.test> -> 550 No");
  CHECK(gives_up([](Conversation& talk) { talk.quit(); }).outcome == Outcome::fail);
  CHECK(gives_up([](Conversation& talk) { talk.mail().quit(); }).outcome == Outcome::fail);
  for (const EndedBy by : {EndedBy::client_closed, EndedBy::client_reset})
    CHECK(gives_up([by](Conversation& talk) { talk.end(by, Stage::rcpt); }).outcome ==
          Outcome::fail);
  CHECK(gives_up([](Conversation& talk) { talk.end(EndedBy::server, Stage::rcpt); }).outcome ==
        Outcome::pass);
  CHECK(gives_up([](Conversation& talk) { talk.data("451 No").quit(); }).outcome == Outcome::pass);
  CHECK(gives_up([](Conversation&) {}).outcome == Outcome::pass); // the journal ends
  // A single BDAT is answered once, at the end of the content.
  CHECK(gives_up([](Conversation& talk) { talk.content().message("250 Ok").quit(); }).outcome ==
        Outcome::pass);
  // A time-out ended it, or tempfail did.
  CHECK(gives_up([](Conversation& talk) {
          talk.held(Stage::rcpt, "RCPT TO:<d@rcpt.test>", minutes(5), "")
              .end(EndedBy::client_closed, Stage::rcpt);
        }).outcome == Outcome::pass);
  CHECK(gives_up([](Conversation& talk) {
          talk.end(EndedBy::client_closed, Stage::rcpt);
          talk.sender_ended(143, false, journal::event::ProcessEnd::timeout);
        }).outcome == Outcome::pass);
}

TEST_CASE("one_by_one_is_about_some_recipients_that_were_refused_and_some_that_were_not") {
  CHECK(outcome(greeted().mail().rcpt("550 No").rcpt("550 No", "c@rcpt.test").quit(),
                "recipients-one-by-one") == Outcome::not_applicable);
  CHECK(outcome(greeted().mail().rcpt().rcpt("250 Ok", "c@rcpt.test").quit(),
                "recipients-one-by-one") == Outcome::not_applicable);
}

TEST_CASE("one_by_one_an_accepted_recipient_is_not_given_the_message_again") {
  const auto again = [](auto first, auto second) {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test", "c@rcpt.test"});
    first(talk.session(1, minutes(0))
              .ehlo()
              .mail()
              .rcpt()
              .rcpt("452 Full", "c@rcpt.test")
              .data()
              .content());
    second(talk.session(2, minutes(40)));
    return outcome(talk, "recipients-one-by-one");
  };
  const auto heard = [](Conversation& talk) { talk.message().quit(); };
  const auto unheard = [](Conversation& talk) {
    talk.silence("accept close", true).end(EndedBy::server, Stage::message);
  };
  const auto both = [](Conversation& talk) {
    talk.ehlo().mail().rcpt().rcpt("250 Ok", "c@rcpt.test").data().content().message().quit();
  };
  const auto refused_one = [](Conversation& talk) {
    talk.ehlo().mail().rcpt("250 Ok", "c@rcpt.test").data().content().message().quit();
  };
  CHECK(again(heard, both) == Outcome::fail);
  CHECK(again(unheard, both) == Outcome::pass);
  CHECK(again(heard, refused_one) == Outcome::pass);
  CHECK(again(heard, [](Conversation& talk) { talk.ehlo().mail().rcpt("452 Full").quit(); }) ==
        Outcome::fail);
  // One recipient alone is the business of the rules about duplicates.
  Conversation alone;
  alone.session(1, minutes(0)).ehlo().deliver().session(2, minutes(1)).ehlo().deliver();
  CHECK(outcome(alone, "recipients-one-by-one") == Outcome::not_applicable);
}

TEST_CASE("crowd_is_counted_for_each_client_and_from_the_first_refusal") {
  scenario::Scenario crowded = plain();
  crowded.sender = {{"concurrency-drops", scenario::Level::should, {}, 1}};
  const auto judged = [&](const Conversation& talk) {
    return finding(crowded, talk, "concurrency-drops");
  };
  CHECK(judged(greeted().deliver()).actual == "no connection was refused");
  const auto crowd = [](std::uint64_t before, std::uint64_t after, Duration later,
                        const char* greeting, const char* client = "127.0.0.1") {
    Conversation talk;
    std::uint64_t session = 0;
    for (std::uint64_t i = 0; i < before; ++i)
      talk.session(++session, seconds(0), i + 1 == before ? greeting : "220 mx ESMTP");
    for (std::uint64_t i = 1; i <= before; ++i)
      talk.resume(i, seconds(1)).end(EndedBy::server, Stage::greeting);
    for (std::uint64_t i = 0; i < after; ++i)
      talk.connect(++session, later, i == 0 ? client : "127.0.0.1");
    return talk;
  };
  constexpr const char* busy = "421 4.7.0 Too many";
  const Duration later = minutes(1) + milliseconds(1);
  CHECK(judged(crowd(5, 4, later, busy)).outcome == Outcome::pass);
  CHECK(judged(crowd(5, 5, later, busy)).outcome == Outcome::fail);
  CHECK(judged(crowd(5, 5, later, busy)).near_miss == "1 too many");
  CHECK(judged(crowd(5, 5, later, "554 No")).outcome == Outcome::fail);
  CHECK(judged(crowd(5, 5, later, busy, "127.0.0.9")).outcome == Outcome::pass);
  // What was opened within a minute could not know of it; and nobody came after that.
  CHECK(judged(crowd(5, 5, minutes(1), busy)).outcome == Outcome::not_applicable);
  // Two at once are no crowd.
  CHECK(judged(crowd(2, 2, later, busy)).outcome == Outcome::pass);
  CHECK(judged(crowd(2, 3, later, busy)).outcome == Outcome::fail);
  // A refusal later in the session counts, too.
  Conversation later_on;
  later_on.session(1, seconds(0))
      .ehlo()
      .mail("421 4.7.0 Too many")
      .end(EndedBy::server, Stage::mail);
  CHECK(judged(later_on).outcome == Outcome::not_applicable);
  CHECK(judged(later_on).actual == "no connection arrived after the refusal");
}

TEST_CASE("conduct_what_was_out_of_sequence_is_no_failed_transaction") {
  Conversation talk;
  talk.session(1, seconds(0)).ehlo();
  journal::event::Exchange early;
  early.stage = Stage::rcpt;
  early.line = "RCPT TO:<b@rcpt.test>";
  early.verb = "RCPT";
  early.reply = "503 5.5.1 Send MAIL first\r\n";
  early.code = 503;
  early.breaches = static_cast<journal::Breaches>(journal::Breach::wrong_sequence);
  talk.exchange(early).deliver();
  const CaseVerdict verdict = judge(test::expecting({}), talk.journal());
  CHECK(test::finding(verdict, "sequence").outcome == Outcome::fail);
  CHECK(test::finding(verdict, "ends-after-failure").outcome == Outcome::not_applicable);
}
