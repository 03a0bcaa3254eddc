// How durations and events are put into words.
#include "report/parts.hpp"
#include "support/catch.hpp"
#include "verdict/wording.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::report;
using namespace std::chrono_literals;

TEST_CASE("wording_durations_have_two_units_at_most") {
  REQUIRE(in_words(0s) == "0s");
  REQUIRE(in_words(12s) == "12s");
  REQUIRE(in_words(11'980ms) == "12s");
  REQUIRE(in_words(9'350ms) == "9s350ms");
  REQUIRE(in_words(350ms) == "350ms");
  REQUIRE(in_words(744'412us) == "744ms");
  REQUIRE(in_words(999'700us) == "1s");
  REQUIRE(in_words(57'915'806us) == "58s");
  REQUIRE(in_words(412us) == "412us");
  REQUIRE(in_words(90min) == "1h30m");
  REQUIRE(in_words(26h + 5min) == "1d2h");
  REQUIRE(in_words(1h + 5s) == "1h");
  REQUIRE(in_words(-2min) == "-2m");
}

TEST_CASE("wording_durations_are_rounded_where_a_unit_is_small_beside_the_other") {
  CHECK(in_words(10s - 1us) == "10s");
  CHECK(in_words(9'999ms) == "9s999ms");
  CHECK(in_words(10s + 499'999us) == "10s");
  CHECK(in_words(10s + 500ms) == "11s");
  CHECK(in_words(999us) == "999us");
  CHECK(in_words(1'000us) == "1ms");
  CHECK(in_words(1'499us) == "1ms");
  CHECK(in_words(1'500us) == "2ms");
  CHECK(in_words(1us) == "1us");
  CHECK(in_words(-1us) == "-1us");
  CHECK(in_words(59s) == "59s");
  CHECK(in_words(60s) == "1m");
  CHECK(in_words(119s) == "1m59s");
  CHECK(in_words(59min + 59s) == "59m59s");
  CHECK(in_words(1h) == "1h");
  CHECK(in_words(23h + 59min) == "23h59m");
  CHECK(in_words(24h) == "1d");
  CHECK(in_words(47h) == "1d23h");
  CHECK(in_words(48h) == "2d");
}

namespace {

std::string said(const journal::Body& body) {
  journal::Event event;
  event.body = body;
  return describe(event);
}

} // namespace

TEST_CASE("wording_of_an_exchange_has_its_command_its_reply_and_what_was_done") {
  journal::event::Exchange exchange;
  exchange.stage = scenario::Stage::rcpt;
  CHECK(said(exchange) == "RCPT -> no reply");
  exchange.line = "RCPT TO:<b@rcpt.test>";
  exchange.reply = "452 4.2.2 Full\r\n";
  exchange.asked = 1s;
  exchange.answered = 2s - 1us;
  CHECK(said(exchange) == "RCPT TO:<b@rcpt.test> -> 452 4.2.2 Full");
  exchange.answered = 2s;
  CHECK(said(exchange) == "RCPT TO:<b@rcpt.test> -> 452 4.2.2 Full after 1s");
  exchange.other_actions = "stall";
  CHECK(said(exchange) == "RCPT TO:<b@rcpt.test> -> 452 4.2.2 Full after 1s (the scenario: stall)");
  exchange.other_actions = "delay drip reset";
  CHECK(said(exchange) ==
        "RCPT TO:<b@rcpt.test> -> 452 4.2.2 Full after 1s (the scenario: delay, drip, reset)");
}

TEST_CASE("wording_of_what_a_session_brings") {
  using namespace journal::event;
  CHECK(said(Connect{"192.0.2.1", 40000, 25, false}) == "connection from 192.0.2.1");
  Content content;
  content.size = 500;
  CHECK(said(content) == "content of 500 bytes");
  content.message_id = "m1@a.test";
  CHECK(said(content) == "content of 500 bytes, Message-ID m1@a.test");
  CHECK(said(Accepted{1}) == "message accepted");
  Tls tls;
  tls.ok = true;
  tls.version = "TLSv1.3";
  CHECK(said(tls) == "TLS handshake: TLSv1.3");
  tls.ok = false;
  CHECK(said(tls) == "TLS handshake failed: connection lost");
  tls.problem = "certificate expired";
  CHECK(said(tls) == "TLS handshake failed: certificate expired");
  Disconnect end{EndedBy::client_quit, scenario::Stage::quit, 0, {}, false, 0};
  CHECK(said(end) == "client sent QUIT");
  end.by = EndedBy::server_stop;
  end.content_bytes = 7;
  CHECK(said(end) == "server was stopped after QUIT; 7 bytes of content had arrived");
  Reply reply;
  reply.reply = "250 Ok\r\n";
  CHECK(said(reply) == "later reply: 250 Ok");
  CHECK(said(Reading{true}) == "the server stops reading");
  CHECK(said(Reading{false}) == "the server reads again");
  CHECK(said(Sending{0}) == "the client has read all replies");
  CHECK(said(Sending{9}) ==
        "the client has stopped reading: it has not read the last 9 bytes of the replies");
}

TEST_CASE("wording_of_what_the_sender_is_given_and_says") {
  using namespace journal::event;
  Process process;
  process.started = true;
  process.command = "mailer";
  CHECK(said(process) == "sender started: mailer");
  process.started = false;
  process.exit_code = 75;
  CHECK(said(process) == "sender ended with exit status 75");
  process.ended = ProcessEnd::watch;
  CHECK(said(process) == "tempfail ended the sender at the end of the watch time");
  process.ended = ProcessEnd::timeout;
  CHECK(said(process) == "tempfail ended the sender after its --timeout");
  process.ended = ProcessEnd::interrupt;
  CHECK(said(process) == "tempfail ended the sender because the run was interrupted");
  const std::vector<std::string_view> recipients = {"b@rcpt.test", "c@rcpt.test"};
  Handover handover;
  handover.id = "1";
  handover.recipients = recipients;
  CHECK(said(handover) == "message 1 handed over for 2 recipients");
  handover.recipients = std::span(recipients).first(1);
  CHECK(said(handover) == "message 1 handed over for 1 recipient");
  journal::event::Result result;
  result.result = "delivered";
  CHECK(said(result) == "sender reports: delivered");
}

TEST_CASE("wording_of_names_ports_and_what_was_sent_on") {
  using namespace journal::event;
  Query query;
  query.type = "MX";
  query.name = "a.test";
  query.answer = "noerror";
  CHECK(said(query) == "MX of a.test: noerror");
  query.transport = scenario::Transport::tcp;
  CHECK(said(query) == "MX of a.test over TCP: noerror");
  query.transport = scenario::Transport::udp;
  query.truncated = true;
  query.records = "10 mx.a.test.";
  query.other_faults = "late";
  CHECK(said(query) == "MX of a.test: noerror, truncated, 10 mx.a.test. (the scenario: late)");
  Listen listen{scenario::ListenAnswer::silence, 0};
  CHECK(said(listen) == "the port does not answer");
  listen.unanswered = 2;
  listen.refused = 3;
  CHECK(said(listen) == "the port does not answer; unanswered attempts: 2; refused attempts: 3");
  const auto sent = [](std::string_view to) {
    return said(Forwarded{to, "127.0.0.1:25", "m1", 7, 250, "250 Ok\r\n"});
  };
  CHECK(sent("sender") == "sent back to the sender's server: 250 Ok");
  CHECK(sent("notification") == "notification of the sender: 250 Ok");
  CHECK(sent("next-host") == "forwarded to the next host: 250 Ok");
  CHECK(said(JournalMark{"here"}) == "mark here");
  CHECK(said(Advance{1h}) == "the clock was moved by 1h");
}

TEST_CASE("wording_of_a_try_says_what_the_sender_did_not_hear") {
  Try attempt;
  CHECK(describe(attempt) == "nothing was seen");
  journal::Event event;
  event.body = journal::event::Accepted{1};
  attempt.event = &event;
  CHECK(describe(attempt) == "message accepted");
  attempt.reply_lost = true;
  CHECK(describe(attempt) == "message accepted; accepted, but the reply did not reach the sender");
}

TEST_CASE("wording_of_how_a_try_failed_names_the_command_and_the_reply") {
  using scenario::Stage;
  Try attempt;
  const auto failed = [&attempt](Stage stage, int code) {
    attempt.stage = stage;
    attempt.code = code;
    return failure_of(attempt);
  };
  CHECK(failed(Stage::mail, 452) == "the 452 to MAIL");
  CHECK(failed(Stage::message, 554) == "the 554 to the end of the content");
  CHECK(failed(Stage::connect, 421) == "the greeting with 421");
  CHECK(failed(Stage::greeting, 554) == "the greeting with 554");
  CHECK(failed(Stage::idle, 421) == "the 421 on the idle connection");
  CHECK(failed(Stage::handshake, 0) == "the failed TLS handshake");
  CHECK(failed(Stage::data, 0) == "the lost connection");
  journal::Event event;
  event.body = journal::event::Exchange{};
  attempt.event = &event;
  CHECK(failed(Stage::data, 0) == "the missing reply to DATA");
  CHECK(failed(Stage::greeting, 0) == "the lost connection");
  CHECK(failed(Stage::content, 0) == "the lost connection");
  std::get<journal::event::Exchange>(event.body).reply = "250";
  CHECK(failed(Stage::data, 0) == "the lost connection");
  attempt.reply_lost = true;
  CHECK(failed(Stage::message, 250) == "the lost reply to the end of the content");
}

TEST_CASE("wording_ranges") {
  using Range = scenario::Range<Duration>;
  REQUIRE(in_words(Range{30min, 4h}) == "30m to 4h");
  REQUIRE(in_words(Range{30min, {}}) == "at least 30m");
  REQUIRE(in_words(Range{0s, 4h}) == "at most 4h");
  REQUIRE(in_words(Range{1h, 1h}) == "1h");
}

TEST_CASE("markup_is_escaped") {
  REQUIRE(escape_markup("<a & \"b\" 'c'>") == "&lt;a &amp; &quot;b&quot; &#39;c&#39;&gt;");
}

TEST_CASE("clock_time_reads_as_a_clock") {
  REQUIRE(clock_time(412ms) == "0.412s");
  REQUIRE(clock_time(59'999ms) == "59.999s");
  REQUIRE(clock_time(1h + 2min + 3s + 4ms) == "1:02:03.004");
  REQUIRE(clock_time(49h) == "49:00:00.000");
}
