// Time: the virtual clock's order of events, the scaled clock's lower bounds, and a clock that goes
// on in the next process where it was.
#include "client/base/clock.hpp"
#include "support/catch.hpp"

#include <boost/asio/io_context.hpp>

#include <vector>

using namespace tempfail::client;
using namespace std::chrono_literals;

namespace {
const Moment start{1'700'000'000s};
}

TEST_CASE("virtual_clock_fires_in_order_of_moment_then_of_scheduling") {
  const auto clock = make_virtual_clock(start);
  std::vector<int> fired;
  clock->schedule(start + 2h, [&] { fired.push_back(3); });
  clock->schedule(start + 1h, [&] { fired.push_back(1); });
  clock->schedule(start + 1h, [&] { fired.push_back(2); });
  clock->advance(59min);
  CHECK(fired.empty());
  clock->advance(1min);
  CHECK(fired == std::vector<int>{1, 2});
  CHECK(clock->run(start + 24h));
  CHECK(fired == std::vector<int>{1, 2, 3});
  CHECK(clock->now() == start + 2h);
}

TEST_CASE("virtual_clock_runs_what_callbacks_schedule_and_forgets_what_is_cancelled") {
  const auto clock = make_virtual_clock(start);
  std::vector<Moment> fired;
  Clock::TimerId second = 0;
  clock->schedule(start + 1h, [&] {
    fired.push_back(clock->now());
    clock->cancel(second);
    clock->schedule(start, [&] { fired.push_back(clock->now()); }); // in the past: now
  });
  second = clock->schedule(start + 2h, [&] { FAIL("was cancelled"); });
  CHECK(clock->run(start + 24h));
  CHECK(fired == std::vector<Moment>{start + 1h, start + 1h});
}

TEST_CASE("virtual_clock_stops_at_the_limit") {
  const auto clock = make_virtual_clock(start);
  clock->schedule(start + 3h, [] { FAIL("beyond the limit"); });
  CHECK_FALSE(clock->run(start + 2h));
}

TEST_CASE("scaled_clock_is_never_early_and_an_hour_is_short") {
  boost::asio::io_context context;
  const Moment today = read_time_of_day();
  const auto clock = make_scaled_clock(context, {today, start, 36'000});
  const auto before = std::chrono::steady_clock::now();
  Moment fired_at{};
  const Moment due = clock->now() + 1h;
  clock->schedule(due, [&] { fired_at = clock->now(); });
  context.run();
  CHECK(fired_at >= due);
  CHECK(std::chrono::steady_clock::now() - before >= 99ms);
}

TEST_CASE("scaled_clock_cancelled_timer_does_not_fire") {
  boost::asio::io_context context;
  const auto clock = make_scaled_clock(context, {read_time_of_day(), start, 1000});
  const auto id = clock->schedule(clock->now() + 1s, [] { FAIL("was cancelled"); });
  clock->schedule(clock->now() + 2s, [] {});
  clock->cancel(id);
  context.run();
}

TEST_CASE("origin_goes_on_in_the_next_process_and_at_another_scale") {
  const ClockOrigin first{start, start, 3600};
  CHECK(first.protocol_at(start + 2s) == start + 2h);
  CHECK(first.day_time_at(start + 2h) == start + 2s);
  const ClockOrigin second = first.rescaled(60, start + 2s);
  CHECK(second.protocol_at(start + 2s) == start + 2h);
  CHECK(second.protocol_at(start + 3s) == start + 2h + 1min);
}

TEST_CASE("scaled_clock_follows_a_time_of_day_that_was_set_forward_and_no_other") {
  boost::asio::io_context context;
  const Moment today = read_time_of_day();
  const auto clock = make_scaled_clock(context, {today, start, 1});
  bool fired = false;
  clock->schedule(start + 2h, [&] { fired = true; });
  const auto later = clock->schedule(start + 200h, [] { FAIL("not yet"); });
  clock->follow(today - 240h);
  CHECK(clock->now() < start + 1h);
  clock->follow(today + 3h);
  CHECK(clock->now() >= start + 3h);
  CHECK(clock->time_of_day(start + 3h) == today + 3h);
  while (!fired)
    context.run_one();
  CHECK(clock->now() < start + 4h);
  clock->cancel(later);
}
