// How long a silent server is waited for: each figure of the RFC at its edge, and what is no fault of the sender's.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using journal::event::ProcessEnd;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

Finding found(const Conversation& talk, std::string_view rule) {
  return test::finding(judge(test::expecting({}), talk.journal()), rule);
}
Outcome outcome(const Conversation& talk, std::string_view rule) {
  return found(talk, rule).outcome;
}
Finding waits(const Conversation& talk, scenario::Range<Duration> range) {
  return test::finding(judge(test::expecting({test::must("waits", range)}), talk.journal()),
                       "waits");
}

constexpr Duration step = 10ms; ///< of a conversation

/// A session as far as the server's silence at a stage.
Conversation up_to(Stage stage) {
  Conversation talk;
  talk.connect(1, 0s);
  if (stage == Stage::greeting) return talk;
  talk.session(1, 0s).ehlo();
  if (stage == Stage::mail) return talk;
  talk.mail();
  if (stage == Stage::rcpt) return talk;
  talk.rcpt();
  if (stage == Stage::data) return talk;
  talk.data();
  if (stage == Stage::content) return talk;
  talk.content();
  return talk;
}

std::string_view line_of(Stage stage) {
  switch (stage) {
  case Stage::mail: return "MAIL FROM:<a@sender.test>";
  case Stage::rcpt: return "RCPT TO:<b@rcpt.test>";
  case Stage::data: return "DATA";
  case Stage::message: return ".";
  default: return {};
  }
}

/// The server says nothing for so long, and then the connection ends.
Conversation silent(Stage stage, Duration time, EndedBy by = EndedBy::client_closed) {
  Conversation talk = up_to(stage);
  if (stage == Stage::content)
    talk.reading(true).wait(time - step);
  else
    talk.held(stage, line_of(stage), time - step, "");
  return talk.end(by, stage);
}

journal::event::Run run_at(double scale, bool scaled_timeouts = false) {
  journal::event::Run run;
  run.time_scale = scale;
  run.scaled_timeouts = scaled_timeouts;
  return run;
}

} // namespace

TEST_CASE("waits_as_long_as_the_rfc_says_at_each_stage") {
  struct Figure {
    Stage stage;
    Duration least;
  };
  for (const Figure& figure :
       {Figure{Stage::greeting, 5min}, Figure{Stage::mail, 5min}, Figure{Stage::rcpt, 5min},
        Figure{Stage::data, 2min}, Figure{Stage::content, 3min}, Figure{Stage::message, 10min}}) {
    INFO(scenario::to_string(figure.stage));
    // 20 ms of real time are forgiven.
    CHECK(outcome(silent(figure.stage, figure.least - 20ms), "waits") == Outcome::pass);
    CHECK(outcome(silent(figure.stage, figure.least - 21ms), "waits") == Outcome::fail);
    CHECK(outcome(silent(figure.stage, figure.least - 21ms, EndedBy::client_reset), "waits") ==
          Outcome::fail);
    CHECK(outcome(silent(figure.stage, 1min, EndedBy::server), "waits") == Outcome::not_applicable);
    CHECK(outcome(silent(figure.stage, 1min, EndedBy::server_stop), "waits") ==
          Outcome::not_applicable);
    CHECK(outcome(silent(figure.stage, figure.least + 1min, EndedBy::server), "waits") ==
          Outcome::pass);
  }
}

TEST_CASE("waits_where_nothing_was_said_at_all") {
  const auto connected = [](Duration time) {
    return Conversation()
        .connect(1, 0s)
        .wait(time - step)
        .end(EndedBy::client_closed, Stage::greeting);
  };
  CHECK(outcome(connected(5min - 21ms), "waits") == Outcome::fail);
  CHECK(outcome(connected(5min), "waits") == Outcome::pass);
  CHECK(outcome(connected(999ms), "waits") == Outcome::not_applicable); // a probe
  CHECK(outcome(connected(1s), "waits") == Outcome::fail);
}

TEST_CASE("waits_forgives_real_time_at_every_scale") {
  CHECK(outcome(silent(Stage::mail, 5min - 72s).run(run_at(3600)), "waits") == Outcome::pass);
  CHECK(outcome(silent(Stage::mail, 5min - 73s).run(run_at(3600)), "waits") == Outcome::fail);
}

TEST_CASE("waits_is_not_held_against_who_was_answered_or_ended_in_time") {
  Conversation answered = up_to(Stage::mail);
  answered.held(Stage::mail, line_of(Stage::mail), 1min, "250 Ok")
      .rcpt()
      .data()
      .content()
      .message()
      .quit();
  CHECK(outcome(answered, "waits") == Outcome::not_applicable);
  Conversation patient = up_to(Stage::mail);
  patient.held(Stage::mail, line_of(Stage::mail), 6min, "250 Ok")
      .rcpt()
      .data()
      .content()
      .message()
      .quit();
  CHECK(found(patient, "waits").actual ==
        "the client waited 6m for the reply to MAIL, and was still connected then");
  Conversation watched = up_to(Stage::mail);
  watched.held(Stage::mail, line_of(Stage::mail), 1min, "");
  CHECK(outcome(watched, "waits") == Outcome::not_applicable);
  // Tempfail ended the sender, and so its connection.
  Conversation ended = up_to(Stage::mail);
  ended.held(Stage::mail, line_of(Stage::mail), 1min, "")
      .sender_ended(143, false, ProcessEnd::timeout);
  ended.end(EndedBy::client_closed, Stage::mail);
  CHECK(outcome(ended, "waits") == Outcome::not_applicable);
  // It had hung up before.
  Conversation before = silent(Stage::mail, 1min);
  before.wait(90ms + 2ms).sender_ended(143, false, ProcessEnd::timeout);
  CHECK(outcome(before, "waits") == Outcome::fail);
}

TEST_CASE("waits_at_quit_and_idle_have_no_figure") {
  Conversation talk = up_to(Stage::message);
  talk.message().held(Stage::quit, "QUIT", 1min, "").end(EndedBy::client_closed, Stage::quit);
  CHECK(outcome(talk, "waits") == Outcome::not_applicable);
  CHECK(outcome(talk, "time-out") == Outcome::pass);
  CHECK(waits(talk, {5min, std::nullopt}).outcome == Outcome::not_applicable);
  Conversation hello;
  hello.session(1, 0s)
      .held(Stage::ehlo, "EHLO client.test", 1min, "")
      .end(EndedBy::client_closed, Stage::ehlo);
  CHECK(outcome(hello, "waits") == Outcome::not_applicable);
  CHECK(waits(hello, {5min, std::nullopt}).outcome ==
        Outcome::fail); // the scenario has a figure for every stage
}

TEST_CASE("waits_where_nothing_is_read_is_of_who_sends_content") {
  Conversation other = up_to(Stage::mail);
  other.reading(true).mail().wait(1min).end(EndedBy::client_closed, Stage::mail);
  CHECK(outcome(other, "waits") == Outcome::not_applicable);
  // What was read again in time is an answer.
  Conversation again = up_to(Stage::content);
  again.reading(true).wait(4min).reading(false).content().message().quit();
  CHECK(found(again, "waits").actual ==
        "the client waited 4m for the server to read the content, and was still connected then");
  Conversation soon = up_to(Stage::content);
  soon.reading(true).wait(1min).reading(false).content().message().quit();
  CHECK(outcome(soon, "waits") == Outcome::not_applicable);
  Conversation bdat;
  bdat.session(1, 0s).ehlo().mail().rcpt().reading(true);
  bdat.exchange(Stage::message, ".", "250 Ok")
      .wait(1min)
      .end(EndedBy::client_closed, Stage::message);
  CHECK(outcome(bdat, "waits") == Outcome::not_applicable);
}

TEST_CASE("waits_may_have_an_upper_bound") {
  const scenario::Range<Duration> range = {5min, 10min};
  CHECK(waits(silent(Stage::mail, 10min), range).outcome == Outcome::pass);
  const Finding long_wait = waits(silent(Stage::mail, 11min), range);
  CHECK(long_wait.outcome == Outcome::fail);
  CHECK(long_wait.near_miss == "1m too long");
  CHECK(waits(silent(Stage::mail, 4min), range).near_miss == "1m too early");
  CHECK(waits(silent(Stage::mail, 11min, EndedBy::server), range).outcome == Outcome::pass);
  CHECK(waits(silent(Stage::mail, 4min, EndedBy::server), range).outcome ==
        Outcome::not_applicable);
  CHECK(waits(Conversation().session(1, 0s).ehlo().deliver(), range).outcome ==
        Outcome::not_applicable);
}

TEST_CASE("time_out_is_due_after_a_day_and_ten_minutes_of_real_time") {
  const auto waiting = [](Duration time, double scale, bool scaled) {
    Conversation talk = up_to(Stage::mail).run(run_at(scale, scaled));
    return outcome(talk.held(Stage::mail, line_of(Stage::mail), time, "").finish(30ms + time),
                   "time-out");
  };
  // An hour of the day is for coming to the silence.
  CHECK(waiting(23h, 1, false) == Outcome::fail);
  CHECK(waiting(23h - 1s, 1, false) == Outcome::undecided);
  CHECK(waiting(23h, 138, false) == Outcome::fail); // ten minutes
  CHECK(waiting(23h, 139, false) == Outcome::undecided);
  CHECK(waiting(23h, 3600, true) == Outcome::fail);
  CHECK(waiting(23h - 1s, 3600, true) == Outcome::undecided);
}

TEST_CASE("time_out_says_how_to_find_out") {
  Conversation talk = up_to(Stage::mail);
  talk.run(run_at(3600)).held(Stage::mail, line_of(Stage::mail), 2h, "").finish(2h + 30ms);
  const Finding open = found(talk, "time-out");
  CHECK(open.outcome == Outcome::undecided);
  CHECK_THAT(open.actual, Catch::Contains("the client waited 2h for the reply to MAIL, and had not "
                                          "given up when tempfail ended it"));
  CHECK_THAT(open.actual, Catch::Contains("--time-scale"));
}

TEST_CASE("time_out_is_had_by_who_hangs_up") {
  CHECK(found(silent(Stage::mail, 20h), "time-out").actual ==
        "the client waited 20h for the reply to MAIL, and then closed the connection");
  CHECK(outcome(silent(Stage::mail, 2s), "time-out") == Outcome::pass);
  CHECK(outcome(silent(Stage::mail, 900ms), "time-out") == Outcome::not_applicable);
  CHECK(outcome(silent(Stage::mail, 30h, EndedBy::server), "time-out") == Outcome::not_applicable);
  // One silence is left, and another is not.
  Conversation twice = silent(Stage::mail, 5min);
  twice.connect(2, 1h).held(Stage::greeting, {}, 26h, "").finish(28h);
  CHECK(outcome(twice, "time-out") == Outcome::fail);
}

TEST_CASE("rests_is_about_much_processor_time_in_little_time") {
  const auto rests = [](Duration used, Duration lasted, double scale) {
    journal::event::Run run;
    run.time_scale = scale;
    journal::event::Process process;
    process.started = true;
    process.handover = "1";
    Conversation talk;
    talk.run(run).process(process).wait(
        Duration(static_cast<std::int64_t>(static_cast<double>(lasted.count()) * scale)) - 10ms);
    process.started = false;
    process.user_us = static_cast<std::uint64_t>(used.count());
    talk.process(process);
    return test::finding(judge(test::expecting({}), talk.session(1, 1s).ehlo().deliver().journal()),
                         "rests")
        .outcome;
  };
  CHECK(rests(10s, 30s, 1) == Outcome::fail);
  CHECK(rests(10s - 1us, 20s, 1) == Outcome::pass);
  CHECK(rests(10s, 31s, 1) == Outcome::pass);
  CHECK(rests(20s, 60s, 3600) == Outcome::fail);
  CHECK(rests(20s, 61s, 3600) == Outcome::pass);
  CHECK(rests(0s, 61s, 1) == Outcome::not_applicable);
}

TEST_CASE("rests_each_run_of_the_command_has_its_own_time") {
  journal::event::Process first;
  first.started = true;
  first.handover = "1";
  journal::event::Process second = first;
  second.handover = "2";
  Conversation talk;
  talk.process(first).wait(100s).process(second).wait(10s);
  second.started = false;
  second.user_us = 11'000'000;
  talk.process(second).session(1, 1s).ehlo().deliver();
  CHECK(test::finding(judge(test::expecting({}), talk.journal()), "rests").outcome ==
        Outcome::fail);
}
