// When the sender comes again: each figure at its edge, and from where intervals are measured.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

constexpr Duration until_refused = 30ms; // connect, greeting, EHLO

/// Tries that are refused at MAIL, with these times between a failure and the next connection.
Conversation refused_with(const std::vector<Duration>& intervals) {
  Conversation talk;
  Moment at{};
  std::uint64_t number = 1;
  talk.session(number, at).ehlo().refused();
  for (const Duration interval : intervals) {
    at += until_refused + interval;
    talk.session(++number, at).ehlo().refused();
  }
  return talk;
}

Finding found(const Conversation& talk, std::string rule, scenario::ExpectationValue value = {}) {
  const scenario::Scenario scenario = test::expecting({test::must(rule, std::move(value))});
  return test::finding(judge(scenario, talk.journal()), rule);
}
Outcome outcome(const std::vector<Duration>& intervals, std::string rule,
                scenario::ExpectationValue value = {}) {
  return found(refused_with(intervals), std::move(rule), std::move(value)).outcome;
}

const scenario::Range<Duration> half_an_hour_to_four = {30min, 4h};

} // namespace

TEST_CASE("timing_the_first_retry_has_two_edges") {
  CHECK(outcome({30min}, "first-retry", half_an_hour_to_four) == Outcome::pass);
  CHECK(outcome({30min - 1us}, "first-retry", half_an_hour_to_four) == Outcome::fail);
  CHECK(outcome({4h}, "first-retry", half_an_hour_to_four) == Outcome::pass);
  CHECK(outcome({4h + 1us}, "first-retry", half_an_hour_to_four) == Outcome::fail);
  CHECK(outcome({}, "first-retry", half_an_hour_to_four) == Outcome::not_applicable);
  CHECK(outcome({40min, 1min, 1min}, "first-retry", half_an_hour_to_four) == Outcome::pass);
}

TEST_CASE("timing_an_interval_runs_from_the_end_of_a_try") {
  Conversation slow;
  slow.session(1, 0s)
      .ehlo()
      .held(Stage::mail, "MAIL FROM:<a@sender.test>", 20min, "452 Full")
      .quit();
  slow.session(2, 40min).ehlo().deliver();
  const Finding early = found(slow, "first-retry", half_an_hour_to_four);
  CHECK(early.outcome == Outcome::fail);
  CHECK(early.near_miss == "10m too early");
  CHECK(found(slow, "back-off").outcome == Outcome::not_applicable);
  slow.session(3, 50min).ehlo().deliver();
  CHECK_THAT(found(slow, "back-off").actual, Catch::Contains("intervals 20m"));
}

TEST_CASE("timing_forgives_who_hung_up_itself_a_tenth_of_a_second") {
  const auto after = [](EndedBy by, Duration interval, double scale) {
    Conversation talk;
    journal::event::Run run;
    run.time_scale = scale;
    talk.run(run)
        .session(1, 0s)
        .held(Stage::ehlo, "EHLO client.test", 10min, "")
        .end(by, Stage::ehlo);
    const Moment ended = 20ms + 10ms + 10min;
    talk.session(2, ended + interval).ehlo().deliver();
    return found(talk, "first-retry", half_an_hour_to_four).outcome;
  };
  for (const EndedBy by : {EndedBy::client_closed, EndedBy::client_reset}) {
    CHECK(after(by, 30min - 100ms, 1) == Outcome::pass);
    CHECK(after(by, 30min - 101ms, 1) == Outcome::fail);
    CHECK(after(by, 30min - 1s, 10) == Outcome::pass);
  }
  CHECK(after(EndedBy::server, 30min - 1ms, 1) == Outcome::fail);
  // The reply was heard, whoever ended the connection.
  Conversation told;
  told.session(1, 0s).ehlo().mail("452 Full").end(EndedBy::client_closed, Stage::mail);
  told.session(2, 30min - 10ms).ehlo().deliver();
  CHECK(found(told, "first-retry", half_an_hour_to_four).outcome == Outcome::fail);
}

TEST_CASE("timing_back_off_grows_by_a_fifth_and_never_halves") {
  CHECK(outcome({10min, 12min}, "back-off") == Outcome::pass);
  CHECK(outcome({10min, 12min - 1us}, "back-off") == Outcome::fail);
  CHECK(outcome({10min, 20min, 10min, 12min}, "back-off") == Outcome::pass);
  CHECK(outcome({10min, 20min, 10min - 2us, 12min}, "back-off") == Outcome::fail);
  CHECK(outcome({10min}, "back-off") == Outcome::fail);
}

TEST_CASE("timing_back_off_is_not_asked_of_who_always_waits_half_an_hour") {
  CHECK(outcome({30min, 30min, 30min}, "back-off") == Outcome::pass);
  CHECK(outcome({2h, 45min}, "back-off") == Outcome::pass);
  CHECK(outcome({30min, 30min - 1us, 30min}, "back-off") == Outcome::fail);
  CHECK(outcome({2h, 30min - 1us}, "back-off") == Outcome::fail);
}

TEST_CASE("timing_a_schedule_is_kept_from_a_quarter_less_to_half_as_much_again") {
  const std::vector<Duration> figures = {1h, 4h};
  CHECK(outcome({45min, 3h}, "schedule", figures) == Outcome::pass);
  CHECK(outcome({90min, 6h}, "schedule", figures) == Outcome::pass);
  CHECK(outcome({45min - 1us, 3h}, "schedule", figures) == Outcome::fail);
  CHECK(outcome({90min + 1us, 6h}, "schedule", figures) == Outcome::fail);
  CHECK(outcome({1h, 3h - 1us}, "schedule", figures) == Outcome::fail);
  CHECK(outcome({1h, 6h + 1us}, "schedule", figures) == Outcome::fail);
  CHECK(outcome({1h, 4h, 1min}, "schedule", figures) == Outcome::pass); // no figure is left
  CHECK(outcome({1h}, "schedule", figures) == Outcome::fail);
  CHECK(outcome({}, "schedule", figures) == Outcome::fail);
  Conversation delivered = refused_with({1h});
  delivered.session(9, 5h).ehlo().deliver();
  CHECK(found(delivered, "schedule", std::vector<Duration>{1h, 4h, 12h}).outcome == Outcome::pass);
}

TEST_CASE("timing_jitter_is_more_than_a_hundredth_of_the_mean") {
  const auto jitter = [](const std::vector<Duration>& firsts, double scale = 1) {
    Conversation talk;
    journal::event::Run run;
    run.time_scale = scale;
    talk.run(run);
    std::uint64_t session = 0;
    for (std::size_t i = 0; i < firsts.size(); ++i) {
      const std::string id = "m" + std::to_string(i);
      const Moment at = i * 1s;
      talk.session(++session, at)
          .ehlo()
          .mail()
          .rcpt()
          .data()
          .content(id)
          .message("452 Full")
          .quit();
      constexpr Duration until_message = 70ms;
      talk.session(++session, at + until_message + firsts[i]).ehlo().deliver(id);
    }
    return found(talk, "jitter").outcome;
  };
  // One may differ by chance; two at least are to. A hundredth of a mean of 100 minutes is a minute.
  CHECK(jitter({100min, 100min, 100min, 100min, 100min, 100min}) == Outcome::fail);
  CHECK(jitter({100min, 100min, 100min, 100min, 100min, 110min}) == Outcome::fail);
  CHECK(jitter({100min, 100min, 100min, 100min, 110min, 120min}) == Outcome::pass);
  CHECK(jitter({100min, 100min, 100min, 100min, 98min, 102min}) == Outcome::pass);
  CHECK(jitter({100min, 100min, 100min, 100min, 99min + 30s, 100min + 20s}) == Outcome::fail);
  CHECK(jitter({100min, 100min, 100min, 110min, 120min}) ==
        Outcome::not_applicable); // fewer than six
  // 20 ms of real time at a scale of 60,000 are 20 minutes.
  CHECK(jitter({100min, 100min, 100min, 100min, 98min, 102min}, 60'000) == Outcome::fail);
}

TEST_CASE("timing_gives_up_in_time_and_not_before") {
  const scenario::Range<Duration> range = {96h, 120h};
  const auto gives_up = [&](Duration last, Moment watched) {
    Conversation talk = refused_with({last - until_refused});
    return found(talk.finish(watched), "gives-up", range).outcome;
  };
  CHECK(gives_up(96h, 150h) == Outcome::pass);
  CHECK(gives_up(96h - 1us, 300h) == Outcome::fail);
  CHECK(gives_up(120h, 150h) == Outcome::pass);
  CHECK(gives_up(120h + 1us, 150h) == Outcome::fail);
  // It may come again until it has been silent for twice as long as it ever was.
  CHECK(gives_up(50h, 150h) == Outcome::undecided);
  CHECK(gives_up(50h, 151h) == Outcome::fail);
  Conversation delivered;
  delivered.session(1, 0s).ehlo().deliver().finish(150h);
  CHECK(found(delivered, "gives-up", range).outcome == Outcome::not_applicable);
}

TEST_CASE("timing_gives_up_after_the_lifetime_that_the_sender_declares") {
  const scenario::Range<Duration> four_days = {96h, std::nullopt};
  const auto gives_up = [&](Duration lifetime, std::vector<Duration> pauses, Moment watched) {
    Conversation talk = refused_with(std::move(pauses));
    journal::event::Run run;
    run.queue_lifetime = lifetime;
    return found(talk.run(run).finish(watched), "gives-up", four_days).outcome;
  };
  // Give or take a pause: it looks at a message's age when the message is due.
  CHECK(gives_up(30h, {10h, 10h, 10h}, 60h) == Outcome::pass);
  CHECK(gives_up(30h, {10h, 10h, 10h, 10h}, 70h) == Outcome::fail);
  CHECK(gives_up(30h, {10h, 5h}, 60h) == Outcome::fail);
  CHECK(gives_up(30h, {10h, 5h}, 20h) == Outcome::undecided);
  // Nobody says when: whoever still tries is right, and whoever stopped after a day is not.
  CHECK(gives_up(0h, {10h, 10h}, 24h) == Outcome::not_applicable);
  CHECK(gives_up(0h, {10h, 10h}, 48h) == Outcome::fail);
  CHECK(gives_up(0h, {48h, 49h}, 500h) == Outcome::pass);
}

TEST_CASE("timing_tries_are_counted_without_fall_backs") {
  const auto tries = [](const Conversation& talk, std::uint64_t min, std::uint64_t max) {
    return found(talk, "tries", scenario::Range<std::uint64_t>{min, max}).outcome;
  };
  CHECK(tries(refused_with({1h, 1h}), 3, 5) == Outcome::pass);
  CHECK(tries(refused_with({1h}), 3, 5) == Outcome::fail);
  CHECK(tries(refused_with({1h, 1h, 1h, 1h}), 3, 5) == Outcome::pass);
  CHECK(tries(refused_with({1h, 1h, 1h, 1h, 1h}), 3, 5) == Outcome::fail);
  Conversation falls_back;
  falls_back.session(1, 0s).ehlo().exchange(Stage::starttls, "STARTTLS", "220 Go").tls(false);
  falls_back.end(EndedBy::client_reset, Stage::handshake).session(2, 1s).ehlo().deliver();
  CHECK(tries(falls_back, 1, 1) == Outcome::pass);
  // It was delivered sooner, so there was nothing left to try.
  Conversation soon = refused_with({});
  soon.session(2, 1h).ehlo().deliver();
  CHECK(tries(soon, 3, 5) == Outcome::not_applicable);
}
