// Whether a loop ends: at the sender's own server, here, or not as far as was seen.
#include "notifying.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

/// A message that comes at 1 minute, and once more an hour.
Conversation comes(int times, const char* last_reply = "250 Ok", int rule = 0) {
  Conversation talk;
  for (int i = 1; i <= times; ++i) {
    talk.session(static_cast<std::uint64_t>(i), 1min + (i - 1) * 1h).ehlo().mail().rcpt().data();
    talk.content();
    if (i < times || last_reply[0] == '2')
      talk.message();
    else
      talk.exchange(Stage::message, ".", last_reply, {}, rule);
    talk.quit();
  }
  return talk;
}

/// What is sent on a minute after each, and the watch goes on for so long after the last of them.
Finding judged(const Conversation& talk, const std::vector<journal::event::Forwarded>& sent,
               Duration watched = 2h, std::string_view rule = "stops-loop") {
  std::string text = talk.text();
  std::uint64_t sequence = 1000;
  journal::Event event;
  event.server = 1;
  event.time = 1min;
  for (const journal::event::Forwarded& one : sent) {
    event.time += 1min;
    event.body = one;
    journal::encode(event, ++sequence, text);
  }
  event.time += watched;
  event.body = journal::event::Note{"the watch is over"};
  journal::encode(event, ++sequence, text);
  const journal::Journal journal = journal::Journal::decode(text);
  REQUIRE(journal.bad_lines().empty());
  return test::finding(judge(test::expecting({test::must("stops-loop")}), journal), rule);
}

journal::event::Forwarded back(int code, const char* reply, std::uint32_t hops = 7) {
  return {"sender", "127.0.0.1:25", "m1@sender.test", hops, code, reply};
}

} // namespace

TEST_CASE("loop_is_ended_by_a_server_that_refuses_what_comes_again") {
  const Finding twice = judged(comes(1), {back(250, "250 Ok"), back(554, "554 5.4.6 Loop", 9)});
  CHECK(twice.outcome == Outcome::pass);
  CHECK(twice.actual == "the sender's server refused the message after it had arrived 2 times, "
                        "with 9 Received fields");
  CHECK(twice.evidence.size() == 2);
  CHECK(
      judged(comes(1), {back(500, "500 No")}).actual ==
      "the sender's server refused the message after it had arrived once, with 7 Received fields");
}

TEST_CASE("loop_is_ended_by_a_server_that_keeps_what_comes_for_an_hour") {
  CHECK(judged(comes(1), {back(250, "250 Ok")}, 1h).outcome == Outcome::pass);
  CHECK(judged(comes(1), {back(250, "250 Ok")}, 2h).actual ==
        "the message came back once, with 7 Received fields, and was not forwarded again in 2h");
  CHECK(judged(comes(1), {back(250, "250 Ok")}, 1h - 1us).outcome == Outcome::undecided);
  // It was put off, and may come again.
  CHECK(judged(comes(1), {back(451, "451 Later")}).outcome == Outcome::undecided);
  CHECK(judged(comes(1), {back(400, "400 Later")}).outcome == Outcome::undecided);
  CHECK(judged(comes(1), {back(499, "499 Later")}).outcome == Outcome::undecided);
  CHECK(judged(comes(1), {back(0, "connection refused")}).actual ==
        "the message could not be sent back: connection refused");
}

TEST_CASE("loop_is_ended_by_a_server_that_returns_what_comes_with_a_notification") {
  Conversation talk;
  talk.handover("1").sender_started();
  talk.session(1, 1min).ehlo().mail().rcpt().data().content().message().quit();
  Conversation returned = talk;
  test::notify(returned, 2, 3min, {test::failed("5.4.6")});
  const Finding ended = judged(returned, {back(250, "250 Ok", 31)}, 10min);
  CHECK(ended.outcome == Outcome::pass);
  CHECK(
      ended.actual ==
      "the message came back once, with 31 Received fields, and was returned with a notification");
  CHECK(ended.evidence.size() == 3);
  // One of a delay, and one from before it came back, ended nothing.
  Conversation delayed = talk;
  journal::event::RecipientReport report = test::failed("4.4.7");
  report.action = "delayed";
  test::notify(delayed, 2, 3min, {report});
  CHECK(judged(delayed, {back(250, "250 Ok")}, 10min).outcome == Outcome::undecided);
  Conversation before = talk;
  test::notify(before, 2, 90s, {test::failed("5.4.6")});
  CHECK(judged(before, {back(250, "250 Ok")}, 10min).outcome == Outcome::undecided);
}

TEST_CASE("loop_that_had_to_be_ended_here_is_a_fault") {
  const Finding ended = judged(comes(3, "554 5.4.6 Too many hops"), {back(250, "250 Ok", 40)});
  CHECK(ended.outcome == Outcome::fail);
  CHECK(ended.actual ==
        "the message came back once until the server stopped the loop, with 40 Received fields");
  CHECK(judged(comes(3, "500 No"), {back(250, "250 Ok")}).outcome == Outcome::fail);
  // What a rule refused, or refused for the time being, was not the loop's end.
  CHECK(judged(comes(3, "554 No", 7), {back(250, "250 Ok")}).outcome == Outcome::pass);
  CHECK(judged(comes(3, "452 Full"), {back(250, "250 Ok")}).outcome == Outcome::pass);
}

TEST_CASE("loop_is_of_what_was_sent_back_to_the_sender") {
  journal::event::Forwarded next = back(554, "554 No");
  next.to = "next-host";
  const Finding none = judged(comes(1), {next});
  CHECK(none.outcome == Outcome::not_applicable);
  CHECK(none.actual == "no message was sent back to the sender's server");
}

TEST_CASE("loop_that_the_sender_stops_may_be_reported_as_a_failure") {
  Conversation talk;
  talk.handover("1").sender_started();
  talk.session(1, 1min).ehlo().mail().rcpt().data().content().message().quit();
  test::notify(talk, 2, 30min, {test::failed("5.4.6")});
  CHECK(judged(talk, {back(250, "250 Ok")}, 2h, "true-notification").outcome == Outcome::pass);
  // Nothing came back to it that it took: the message is delivered, and nothing else is true.
  CHECK(judged(talk, {back(554, "554 No")}, 2h, "true-notification").outcome == Outcome::fail);
  journal::event::Forwarded next = back(250, "250 Ok");
  next.to = "next-host";
  CHECK(judged(talk, {next}, 2h, "true-notification").outcome == Outcome::fail);
}
