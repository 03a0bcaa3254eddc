// Decisions: who is tried again and when, who is not, and what the notification will say.
#include "client/policy/load.hpp"
#include "support/catch.hpp"

#include <array>

using namespace tempfail::client;
using namespace std::chrono_literals;

namespace {

const Moment start{1'700'000'000s};

RecipientResult reply(std::uint16_t code, Status status) {
  RecipientResult result;
  result.code = code;
  result.status = status;
  result.replied = true;
  result.fate = code >= 500 ? Fate::permanent : Fate::transient;
  result.failure = code >= 500 ? Failure::reply_5yz : Failure::reply_4yz;
  result.stage = Stage::rcpt;
  return result;
}

RecipientResult induced(Failure failure) {
  RecipientResult result;
  result.failure = failure;
  result.status = induced_status(failure, Fate::transient);
  return result;
}

/// A recipient that fails the same way each time: the moments of its tries, and the last decision.
struct Run {
  std::vector<Duration> tries;
  Decision last;
};
Run play(const Policy& policy, const RecipientResult& result, std::uint64_t seed = 1) {
  Run run;
  RetryState state;
  state.accepted = start;
  Moment now = start;
  do {
    run.tries.push_back(now - start);
    ++state.tries;
    run.last = decide(policy, state, result, now, seed);
    now = run.last.next;
  } while (run.last.retry && run.tries.size() < 1000);
  return run;
}

bool within(Duration value, Duration low, Duration high) {
  return value >= low && value <= high;
}

} // namespace

TEST_CASE("permanent_reply_is_never_tried_again") {
  const auto run = play(default_policy(), reply(550, {5, 1, 1}));
  CHECK(run.tries.size() == 1);
  CHECK(run.last.report == Status{5, 1, 1});
}

TEST_CASE("every_4yz_is_tried_again_known_or_not") {
  for (const int code : {420, 431, 432, 441, 442, 446, 447, 449, 465, 471, 499, 400}) {
    CAPTURE(code);
    CHECK(play(default_policy(), reply(static_cast<std::uint16_t>(code), {4, 0, 0})).tries.size() >
          5);
  }
}

TEST_CASE("queue_stopped_follows_its_list_and_then_fails") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto run = play(default_policy(), reply(432, {4, 3, 2}), seed);
    REQUIRE(run.tries.size() == 5);
    const std::array<Duration, 4> waits{1h, 4h, 12h, 24h};
    for (std::size_t i = 0; i < waits.size(); ++i) {
      const Duration wait = run.tries[i + 1] - run.tries[i];
      CHECK(within(wait, waits[i], waits[i] + waits[i] / 5));
    }
    CHECK(run.last.report == Status{4, 4, 7}); // it was told "later" until its time was up
  }
}

TEST_CASE("no_answer_is_tried_earlier_than_others_and_reported_as_what_it_is") {
  const auto silent = play(default_policy(), induced(Failure::connect_timeout));
  const auto other = play(default_policy(), reply(451, {4, 3, 0}));
  CHECK(within(silent.tries[1], 30min, 36min));
  CHECK(within(other.tries[1], 60min, 72min));
  for (std::size_t i = 1; i < silent.tries.size(); ++i) {
    CHECK(within(silent.tries[i] - silent.tries[i - 1], 30min, 4h));
  }
  CHECK(silent.last.report == Status{4, 4, 1});
  CHECK(other.last.report == Status{4, 4, 7});
}

TEST_CASE("dropped_waits_stay_between_half_an_hour_and_two_hours") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto run = play(default_policy(), induced(Failure::dropped), seed);
    for (std::size_t i = 1; i < run.tries.size(); ++i) {
      CHECK(within(run.tries[i] - run.tries[i - 1], 30min, 2h));
    }
    CHECK(run.last.report == Status{4, 4, 2});
  }
}

TEST_CASE("give_up_time_ends_it_between_four_and_five_days") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto run = play(default_policy(), reply(450, {4, 2, 0}), seed);
    CHECK(within(run.tries.back(), 4 * 24h, 5 * 24h));
    for (std::size_t i = 2; i < 5; ++i) {
      CHECK(run.tries[i] - run.tries[i - 1] > run.tries[i - 1] - run.tries[i - 2]); // back-off
    }
  }
}

TEST_CASE("jitter_spreads_messages_but_not_the_recipients_of_one") {
  const auto one = play(default_policy(), reply(450, {4, 2, 0}), 1);
  const auto same = play(default_policy(), reply(450, {4, 2, 0}), 1);
  const auto other = play(default_policy(), reply(450, {4, 2, 0}), 2);
  CHECK(one.tries == same.tries);
  CHECK(one.tries != other.tries);
}

TEST_CASE("rules_count_their_own_tries") {
  RetryState state;
  state.accepted = start;
  state.tries = 1;
  const auto first = decide(default_policy(), state, reply(432, {4, 3, 2}), start, 1);
  state.tries = 2;
  const auto dropped = decide(default_policy(), state, induced(Failure::dropped), first.next, 1);
  CHECK(within(dropped.next - first.next, 30min, 36min)); // the drop is the first of its kind
  state.tries = 3;
  const auto again = decide(default_policy(), state, reply(432, {4, 3, 2}), dropped.next, 1);
  CHECK(within(again.next - dropped.next, 4h, 4h + 48min)); // and 4.3.2 goes on where it was
  CHECK(state.rule_tries == std::map<std::string, unsigned>{{"queue-stopped", 2}, {"dropped", 1}});
}

TEST_CASE("tries_limit_and_last_status") {
  const auto loaded =
      load_policy("give-up: {status: last}\nrules: [{name: x, first: 1h, tries: 3}]");
  const auto run = play(loaded.policy, reply(452, {4, 3, 1}));
  CHECK(run.tries.size() == 3);
  CHECK(run.last.report == Status{4, 3, 1});
}

TEST_CASE("once_is_one_try_and_says_so_whatever_the_rules_say") {
  Policy policy = default_policy();
  policy.once = true;
  const auto run = play(policy, reply(450, {4, 2, 0}));
  CHECK(run.tries.size() == 1);
  CHECK(run.last.why == "--once: one try, no more");
  CHECK(play(policy, reply(550, {5, 1, 1})).last.why == "permanent: not tried again");
}

TEST_CASE("a_series_reaches_its_longest_wait_without_overflow") {
  Schedule schedule;
  schedule.first = 1h;
  schedule.factor = 100;
  schedule.longest = 10h;
  schedule.jitter = 0.5;
  for (const unsigned step : {2U, 10U, 1000U, 4'000'000'000U}) {
    CHECK(*schedule.wait(step) == 10h);
    CHECK(schedule.bounds(step)->latest == 10h);
    CHECK(within(schedule.bounds(step)->earliest, 6h, 7h)); // the spread goes downward
  }
}

TEST_CASE("alternatives_take_turns_with_the_usual_settings") {
  const auto loaded =
      load_policy("alternatives:\n"
                  "  - {after: 1, on: connect-timeout, use: {port: 587, tls: required}}\n"
                  "  - {after: 2, on: connect-timeout, use: {port: 2525}}\n");
  REQUIRE(loaded.problems.empty());
  DeliverySettings usual;
  usual.next_hop.port = 25;
  const auto port = [&](unsigned tries, Failure last) {
    return settings_for(loaded.policy, usual, tries, last).next_hop.port;
  };
  CHECK(port(0, Failure::connect_timeout) == 25);
  CHECK(port(1, Failure::connect_timeout) == 587);
  CHECK(port(1, Failure::reply_4yz) == 25);
  CHECK(port(2, Failure::connect_timeout) == 2525);
  CHECK(port(3, Failure::connect_timeout) == 25);
  CHECK(port(4, Failure::connect_timeout) == 587);
  CHECK(settings_for(loaded.policy, usual, 1, Failure::connect_timeout).tls == TlsMode::required);
}
