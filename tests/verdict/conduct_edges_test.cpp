// A sender's manners at the bounds: which codes are refusals, which connections count, what evidence is shown.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

constexpr const char* pipelining = "250-mx\r\n250 PIPELINING";
constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;
constexpr auto none = Outcome::not_applicable;

Finding found(const Conversation& talk, std::string_view rule) {
  return test::finding(judge(test::expecting({}), talk.journal()), rule);
}
Outcome outcome(const Conversation& talk, std::string_view rule) {
  return found(talk, rule).outcome;
}
Finding crowd(const Conversation& talk, std::uint32_t runs = 1) {
  scenario::Scenario scenario = test::expecting({test::should("concurrency-drops")});
  scenario.test.runs = runs;
  return test::finding(judge(scenario, talk.journal()), "concurrency-drops");
}

Conversation session() {
  Conversation talk;
  talk.session(1, 0s).ehlo();
  return talk;
}

} // namespace

TEST_CASE("conduct_edges_a_refusal_is_a_code_from_400_to_599") {
  const auto after = [](std::string_view reply) {
    return outcome(session().mail(reply).rcpt("503 What?").quit(), "ends-after-failure");
  };
  for (const auto* refusal : {"400 No", "499 No", "500 No", "599 No"})
    CHECK(after(refusal) == fail);
  for (const auto* other : {"399 Hm", "600 Hm", "250 Ok"})
    CHECK(after(other) != fail);
}

TEST_CASE("conduct_edges_a_transaction_fails_at_each_of_its_stages") {
  CHECK(outcome(session().mail("452 No").quit(), "ends-after-failure") == pass);
  CHECK(outcome(session().mail().rcpt("452 No").quit(), "ends-after-failure") == pass);
  CHECK(outcome(session().mail().rcpt().data("452 No").quit(), "ends-after-failure") == pass);
  CHECK(outcome(session().mail().rcpt().data().content().message("452 No").quit(),
                "ends-after-failure") == pass);
  // What is refused outside of a transaction ends none.
  CHECK(outcome(session().ehlo("502 No").ehlo("250 mx").quit(), "ends-after-failure") == none);
  CHECK(outcome(session().deliver(), "ends-after-failure") == none);
  // DATA once more is no way to go on, and none of those that are meant.
  CHECK(outcome(session().mail().rcpt().data("451 No").data("451 No").quit(),
                "ends-after-failure") == pass);
}

TEST_CASE("conduct_edges_what_the_server_says_unasked_is_no_answer_to_a_refusal") {
  Conversation talk = session();
  talk.mail("452 No").exchange(Stage::idle, "", "250 Still here").rcpt("503 What?").quit();
  CHECK(outcome(talk, "ends-after-failure") == fail);
}

TEST_CASE("conduct_edges_after_a_421_only_the_rest_of_a_group_is_under_way") {
  const auto after = [](const char* hello, std::string_view command) {
    Conversation talk;
    talk.session(1, 0s).ehlo(hello).mail("421 Closing").exchange(Stage::mail, command, "");
    return outcome(talk.end(EndedBy::server, Stage::mail), "closes-after-421");
  };
  for (const auto* command : {"RCPT TO:<b@rcpt.test>", "DATA", "BDAT 5 LAST"}) {
    CHECK(after(pipelining, command) == pass);
    CHECK(after("250 mx", command) == fail);
  }
  for (const auto* command : {"MAIL FROM:<a@sender.test>", "EHLO again", "NOOP"})
    CHECK(after(pipelining, command) == fail);
  for (const auto* command : {"QUIT", "RSET"})
    CHECK(after("250 mx", command) == pass);
}

TEST_CASE("conduct_edges_a_421_that_answers_nothing_is_read_after_the_next_command") {
  // In place of a greeting it is the first thing that a client reads.
  for (const Stage stage : {Stage::greeting, Stage::connect}) {
    Conversation talk;
    talk.connect(1, 0s).exchange(stage, "", "421 Busy").ehlo("");
    CHECK(outcome(talk.end(EndedBy::server, Stage::ehlo), "closes-after-421") == fail);
  }
  // A second one, unasked, changes nothing of the first, and is nothing that the client said.
  Conversation again = session();
  again.mail("421 Closing").exchange(Stage::idle, "", "421 Closing");
  CHECK(outcome(again, "closes-after-421") == pass);
  again.rcpt("").end(EndedBy::server, Stage::rcpt);
  CHECK(outcome(again, "closes-after-421") == fail);
}

TEST_CASE("conduct_edges_the_421_is_shown_where_it_is_known") {
  const Finding known = found(
      session().mail("421 Closing").rcpt("").end(EndedBy::server, Stage::rcpt), "closes-after-421");
  REQUIRE(known.evidence.size() == 2);
  CHECK_THAT(known.evidence[0].text, Catch::Contains("421 Closing"));
  CHECK_THAT(known.evidence[1].text, Catch::Contains("RCPT"));
  // The session saw it, and no reply in the journal says so.
  journal::event::Exchange exchange;
  exchange.stage = Stage::noop;
  exchange.line = exchange.verb = "NOOP";
  exchange.number = 3;
  exchange.breaches = static_cast<journal::Breaches>(journal::Breach::talked_after_421);
  const Finding unknown = found(session().exchange(exchange), "closes-after-421");
  CHECK(unknown.outcome == fail);
  REQUIRE(unknown.evidence.size() == 2);
  for (const Evidence& one : unknown.evidence)
    CHECK_THAT(one.text, Catch::Contains("NOOP"));
}

TEST_CASE("conduct_edges_leave_is_taken_after_any_reply_that_smtp_knows") {
  const auto dropped_after = [](std::string_view reply, int rule = 0) {
    Conversation talk = session();
    talk.mail().exchange(Stage::rcpt, "RCPT TO:<b@rcpt.test>", reply, {}, rule);
    return outcome(talk.end(EndedBy::client_closed, Stage::rcpt), "leave-taking");
  };
  for (const auto* reply : {"200 Ok", "250 Ok", "400 No", "599 No"})
    CHECK(dropped_after(reply) == fail);
  for (const auto* reply : {"199 Hm", "600 Hm"})
    CHECK(dropped_after(reply) == none);
  // What a rule says in place of the server is a reply where it refuses.
  CHECK(dropped_after("400 No", 7) == fail);
  CHECK(dropped_after("399 Hm", 7) == none);
  // Who never said hello can't be asked for a farewell.
  Conversation rude;
  rude.session(1, 0s).mail().rcpt().end(EndedBy::client_closed, Stage::rcpt);
  CHECK(outcome(rude, "leave-taking") == none);
  Conversation refused;
  refused.session(1, 0s).ehlo("502 No").mail().end(EndedBy::client_closed, Stage::rcpt);
  CHECK(outcome(refused, "leave-taking") == none);
}

TEST_CASE("one_by_one_edges_recipients_may_be_refused_in_transactions_of_their_own") {
  const auto apart = [](auto&& second) {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test", "c@rcpt.test"}).session(1, 0s).ehlo().deliver();
    talk.session(2, 1s).ehlo();
    second(talk);
    return found(talk, "recipients-one-by-one");
  };
  const auto refused = [](Conversation& talk) { talk.mail().rcpt("550 No", "c@rcpt.test").quit(); };
  CHECK(apart(refused).actual == "each recipient had its own transaction");
  // What failed before or after RCPT says nothing of the recipient.
  CHECK(apart([](Conversation& talk) { talk.mail("452 No").quit(); }).outcome == none);
  CHECK(apart([](Conversation& talk) {
          talk.mail().rcpt("", "c@rcpt.test").end(EndedBy::server, Stage::rcpt);
        }).outcome == none);
  CHECK(apart([](Conversation& talk) {
          talk.mail().rcpt("250 Ok", "c@rcpt.test").data("452 No").quit();
        }).outcome == none);
  // Of two messages the first one shows it.
  Conversation two;
  two.handover("1", {"b@rcpt.test", "c@rcpt.test"}).handover("2", {"d@rcpt.test"});
  two.session(1, 0s).ehlo().deliver();
  two.session(2, 1s).ehlo();
  refused(two);
  two.session(3, 2s).ehlo().mail().rcpt("250 Ok", "d@rcpt.test");
  two.data().content().message().quit();
  CHECK(found(two, "recipients-one-by-one").actual == "each recipient had its own transaction");
}

TEST_CASE("one_by_one_edges_the_first_refused_recipient_is_shown") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test", "c@rcpt.test", "d@rcpt.test"}).session(1, 0s).ehlo().mail();
  talk.rcpt().rcpt("550 No", "c@rcpt.test").rcpt("550 No", "d@rcpt.test");
  talk.exchange(Stage::rset, "RSET", "250 Ok").quit();
  const Finding finding = found(talk, "recipients-one-by-one");
  CHECK(finding.outcome == fail);
  REQUIRE(finding.evidence.size() == 2);
  CHECK_THAT(finding.evidence[0].text, Catch::Contains("c@rcpt.test"));
  CHECK_THAT(finding.evidence[1].text, Catch::Contains("RSET"));
}

TEST_CASE("one_by_one_edges_a_notification_is_nobody_s_message") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test", "c@rcpt.test"}).session(1, 0s).ehlo().mail();
  talk.rcpt("550 No").rcpt("550 No", "c@rcpt.test").quit();
  talk.session(2, 1s).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test");
  talk.rcpt("550 No", "postmaster@sender.test").exchange(Stage::rset, "RSET", "250 Ok").quit();
  CHECK(outcome(talk, "recipients-one-by-one") == none);
}

TEST_CASE("one_by_one_edges_who_is_given_it_again_and_again_is_counted_once") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test", "c@rcpt.test"}).session(1, 0s).ehlo().mail();
  talk.rcpt().rcpt("452 No", "c@rcpt.test").data().content().message().quit();
  for (std::uint64_t i = 2; i <= 3; ++i)
    talk.session(i, i * 1h).ehlo().deliver();
  const Finding finding = found(talk, "recipients-one-by-one");
  CHECK(finding.outcome == fail);
  CHECK_THAT(finding.actual, !Catch::Contains("more of the same kind"));
}

TEST_CASE("crowd_edges_only_what_refuses_a_connection_counts") {
  const auto refused_at = [](auto&& refuse) {
    Conversation talk;
    talk.session(1, 0s);
    refuse(talk);
    return crowd(talk).actual;
  };
  constexpr const char* nobody = "no connection was refused";
  constexpr const char* none_after = "no connection arrived after the refusal";
  CHECK(refused_at([](Conversation& t) { t.ehlo().mail("452 No").quit(); }) == nobody);
  CHECK(refused_at([](Conversation& t) { t.ehlo("554 No").quit(); }) == nobody);
  CHECK(refused_at([](Conversation& t) { t.ehlo().mail("421 No").quit(); }) == none_after);
  Conversation greeted;
  greeted.session(1, 0s, "554 No").end(EndedBy::server, Stage::greeting);
  CHECK(crowd(greeted).actual == none_after);
}

TEST_CASE("crowd_edges_a_connection_that_ended_is_gone_when_the_next_one_begins") {
  const auto at_once = [](Duration second) {
    Conversation talk;
    talk.session(1, 0s, "421 Busy").end(EndedBy::server, Stage::greeting);
    talk.session(2, 1h).ehlo().resume(2, 1h + 1min).end(EndedBy::client_quit, Stage::quit);
    talk.session(3, 1h + second).ehlo().quit();
    return crowd(talk).actual;
  };
  CHECK(at_once(1min) == "1 at once before, 1 after");
  CHECK(at_once(1min - 1us) == "1 at once before, 2 after");
}

TEST_CASE("crowd_edges_what_is_opened_shortly_after_the_first_refusal_comes_before") {
  // At an hour a second, a tenth of a second of real time is six minutes.
  const auto found_at = [](double scale, Duration second) {
    journal::event::Run run;
    run.time_scale = scale;
    Conversation talk;
    talk.run(run).session(1, 0s, "421 Busy").end(EndedBy::server, Stage::greeting);
    talk.session(2, second).ehlo().quit();
    return crowd(talk).actual;
  };
  constexpr const char* none_after = "no connection arrived after the refusal";
  CHECK(found_at(1, 1min) == none_after);
  CHECK(found_at(1, 1min + 1us) == "1 at once before, 1 after");
  CHECK(found_at(3600, 6min) == none_after);
  CHECK(found_at(3600, 6min + 1us) == "1 at once before, 1 after");
}

TEST_CASE("crowd_edges_a_declared_one_shot_sender_leaves_it_to_its_caller") {
  const auto actual = [](std::string_view role) {
    journal::event::Run run;
    run.role = role;
    Conversation talk;
    talk.run(run).handover().sender_started();
    talk.session(1, 1s, "421 Busy").end(EndedBy::server, Stage::greeting);
    return crowd(talk.sender_ended(75)).actual;
  };
  CHECK(actual("one-shot") ==
        "a one-shot sender does not decide how many connections are open at once");
  CHECK(actual("queueing") == "no connection arrived after the refusal");
  CHECK(actual("") == "no connection arrived after the refusal");
}

TEST_CASE("conduct_edges_a_chunk_after_a_refusal_is_told_once") {
  journal::event::Exchange chunk;
  chunk.stage = Stage::data;
  chunk.line = "BDAT 3 LAST";
  chunk.verb = "BDAT";
  chunk.number = 4;
  chunk.reply = "503 5.5.1 Send MAIL first\r\n";
  chunk.code = 503;
  CHECK(outcome(session().mail("452 Full").exchange(chunk), "ends-after-failure") == fail);
  chunk.breaches = static_cast<journal::Breaches>(journal::Breach::wrong_sequence);
  const Conversation talk = session().mail("452 Full").exchange(chunk).quit();
  CHECK(outcome(talk, "sequence") == fail);
  CHECK(outcome(talk, "ends-after-failure") == pass);
}

TEST_CASE("conduct_edges_a_text_after_a_refused_data_is_told_by_the_refusal") {
  journal::event::Exchange text;
  text.stage = Stage::unknown;
  text.line = "Subject: x";
  text.verb = "SUBJECT:";
  text.number = 6;
  text.reply = "500 5.5.2 What?\r\n";
  text.code = 500;
  text.breaches = static_cast<journal::Breaches>(journal::Breach::wrong_sequence);
  const Finding told =
      found(session().mail().rcpt().data("452 Full").exchange(text).quit(), "sequence");
  CHECK(told.outcome == fail);
  CHECK_THAT(told.actual,
             Catch::Contains("content was sent although DATA was not answered with 354: Subject: x"));
  REQUIRE(told.evidence.size() == 2);
  CHECK(told.evidence[0].text == "DATA -> 452 Full");
}
