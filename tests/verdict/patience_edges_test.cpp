// Silences of the server: which count, how they end, what is shown of them; and what a busy processor is.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;
constexpr auto none = Outcome::not_applicable;

Finding found(const Conversation& talk, std::string_view rule) {
  return test::finding(judge(test::expecting({}), talk.journal()), rule);
}
Outcome outcome(const Conversation& talk, std::string_view rule) {
  return found(talk, rule).outcome;
}
Finding in_step(const Conversation& talk) {
  return test::finding(judge(test::expecting({test::must("replies-in-step")}), talk.journal()),
                       "replies-in-step");
}

Conversation session() {
  Conversation talk;
  talk.session(1, 0s).ehlo();
  return talk;
}

} // namespace

TEST_CASE("patience_edges_the_first_figure_that_is_asked_for_is_named") {
  Conversation talk = session();
  talk.held(Stage::mail, "MAIL FROM:<a@sender.test>", 6min, "")
      .end(EndedBy::client_closed, Stage::mail);
  talk.session(2, 1h).ehlo().mail().rcpt();
  talk.held(Stage::data, "DATA", 3min, "").end(EndedBy::client_closed, Stage::data);
  const Finding waits = found(talk, "waits");
  CHECK(waits.outcome == pass);
  CHECK(waits.expected == "at least 5m at stage mail");
  CHECK(waits.evidence.size() == 2); // the command, and the end
  CHECK(found(session().deliver(), "waits").expected.empty());
  CHECK(found(session().deliver(), "waits").actual.empty());
}

TEST_CASE("patience_edges_who_was_answered_in_time_has_waited_long_enough_from_the_bound_on") {
  const auto answered = [](Duration after) {
    Conversation talk = session();
    talk.mail().rcpt().held(Stage::data, "DATA", after - 10ms, "354 Go").content().message().quit();
    return outcome(talk, "waits");
  };
  // Two minutes, less what a busy machine adds.
  CHECK(answered(2min - 20ms) == pass);
  CHECK(answered(2min - 20ms - 1us) == none);
}

TEST_CASE("patience_edges_only_silences_of_the_server_count") {
  // It was not looked up anything that it could have answered.
  Conversation lost = session();
  lost.mail().exchange(Stage::rcpt, "RCPT TO:<b@rcpt.test>", "", "close", 3).wait(1h);
  CHECK(outcome(lost.end(EndedBy::client_closed, Stage::rcpt), "waits") == none);
  // Who sends no content does not notice that nothing is read.
  Conversation done = session();
  done.mail().rcpt().data().content().message().reading(true).wait(1h);
  CHECK(outcome(done.end(EndedBy::client_closed, Stage::mail), "waits") == none);
  Conversation odd = session();
  odd.mail().rcpt("354 What?").reading(true).wait(1h);
  CHECK(outcome(odd.end(EndedBy::client_closed, Stage::rcpt), "waits") == none);
  // A server that reads again without having stopped was never silent.
  Conversation reads = session();
  reads.mail().rcpt().data().wait(1h).reading(false).content().message().quit();
  CHECK(outcome(reads, "waits") == none);
  Conversation twice = session();
  twice.mail().rcpt().data().reading(true).wait(1h).reading(true).wait(1s).reading(false);
  twice.content().message().quit();
  CHECK(outcome(twice, "waits") == none);
}

TEST_CASE("patience_edges_a_server_that_ends_the_connection_has_answered") {
  Conversation talk;
  talk.handover().sender_started().session(1, 1s).ehlo();
  talk.held(Stage::mail, "MAIL FROM:<a@sender.test>", 1h, "").end(EndedBy::server, Stage::mail);
  CHECK(outcome(talk.sender_timed_out(), "time-out") == none);
  Conversation client;
  client.handover().sender_started().session(1, 1s).ehlo();
  client.held(Stage::mail, "MAIL FROM:<a@sender.test>", 1h, "")
      .end(EndedBy::client_closed, Stage::mail);
  CHECK(outcome(client.sender_timed_out(), "time-out") == Outcome::undecided); // it was ended
}

TEST_CASE("patience_edges_one_silence_that_is_open_leaves_the_rule_open") {
  Conversation talk;
  talk.session(1, 0s).ehlo().held(Stage::mail, "MAIL FROM:<a@sender.test>", 1h, "");
  talk.session(2, 2h).ehlo().held(Stage::mail, "MAIL FROM:<a@sender.test>", 6min, "");
  talk.end(EndedBy::client_closed, Stage::mail).finish(3h);
  CHECK(outcome(talk, "time-out") == Outcome::undecided);
}

TEST_CASE("patience_edges_a_process_whose_begin_is_not_known_has_no_share_of_the_processor") {
  journal::event::Process process;
  process.user_us = 20'000'000;
  CHECK(outcome(session().deliver().process(process), "rests") == none);
  // The first of two that were at rest is told.
  Conversation two;
  journal::event::Process first;
  first.handover = "1";
  journal::event::Process second;
  second.handover = "2";
  first.started = second.started = true;
  two.process(first).process(second).wait(100s);
  first.started = second.started = false;
  first.user_us = 1'000'000;
  second.user_us = 2'000'000;
  two.process(first).process(second).session(1, 1s).ehlo().deliver();
  CHECK_THAT(found(two, "rests").actual, Catch::StartsWith("used the processor for 1s of the "));
}

TEST_CASE("patience_edges_a_command_more_than_a_minute_after_one_without_a_reply_is_out_of_step") {
  const auto next = [](Stage stage, std::string_view line, Duration after) {
    Conversation talk = session();
    talk.mail().held(Stage::rcpt, "RCPT TO:<b@rcpt.test>", after - 10ms, "");
    return in_step(talk.exchange(stage, line, "250 Ok")).outcome;
  };
  CHECK(next(Stage::data, "DATA", 1min) == pass);
  CHECK(next(Stage::data, "DATA", 1min + 1us) == fail);
  // These end nothing and begin nothing; what the server says unasked is no command.
  CHECK(next(Stage::rset, "RSET", 1h) == pass);
  CHECK(next(Stage::noop, "NOOP", 1h) == pass);
  CHECK(next(Stage::quit, "QUIT", 1h) == pass);
  CHECK(next(Stage::idle, "", 1h) == pass);
  // After the reply all is well, from its moment on.
  Conversation answered = session();
  answered.mail().held(Stage::rcpt, "RCPT TO:<b@rcpt.test>", 1h, "250 Ok").data();
  CHECK(in_step(answered).outcome == pass);
}

TEST_CASE("patience_edges_a_connection_that_is_out_of_step_is_told_once") {
  Conversation talk = session();
  talk.mail().held(Stage::rcpt, "RCPT TO:<b@rcpt.test>", 1h, "");
  talk.held(Stage::rcpt, "RCPT TO:<c@rcpt.test>", 1h, "").data();
  const Finding finding = in_step(talk);
  CHECK(finding.outcome == fail);
  CHECK_THAT(finding.actual, !Catch::Contains("more of the same kind"));
}

TEST_CASE("protocol_edges_every_breach_is_named_that_a_command_has") {
  const auto said = [](journal::Breaches breaches, const char* rule) {
    journal::event::Exchange exchange;
    exchange.stage = Stage::noop;
    exchange.line = exchange.verb = "NOOP";
    exchange.number = 9;
    exchange.breaches = breaches;
    return found(session().exchange(exchange), rule).actual;
  };
  const auto bit = [](journal::Breach breach) { return static_cast<journal::Breaches>(breach); };
  CHECK_THAT(said(bit(journal::Breach::bare_lf_command), "line-ends"),
             Catch::StartsWith("a command ended with LF alone, not with CR LF: NOOP"));
  CHECK_THAT(said(bit(journal::Breach::bare_lf_command) | bit(journal::Breach::bare_cr_content),
                  "line-ends"),
             Catch::StartsWith("a command ended with LF alone, not with CR LF, and the content has a CR that no LF follows: NOOP"));
}

TEST_CASE("protocol_edges_a_rule_is_kept_where_there_was_something_to_look_at") {
  Conversation silent;
  silent.session(1, 0s).end(EndedBy::client_closed, Stage::ehlo);
  Conversation dialogues = session().quit();
  Conversation sends = session().deliver();
  for (const auto* rule : {"syntax", "sequence", "nul"}) {
    CHECK(outcome(silent, rule) == none);
    CHECK(outcome(dialogues, rule) == pass);
    CHECK(outcome(sends, rule) == pass);
  }
  for (const auto* rule : {"dot-stuffing", "eight-bit-content", "declared-size"}) {
    CHECK(outcome(silent, rule) == none);
    CHECK(outcome(dialogues, rule) == none);
    CHECK(outcome(sends, rule) == pass);
  }
}
