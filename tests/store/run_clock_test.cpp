// When a run started, as a server concludes it from the answers of its store.
#include "store/run.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <utility>

using namespace tempfail;
using namespace std::chrono_literals;
using store::RunClock;
using Point = std::chrono::steady_clock::time_point;

namespace {

/// The run started when this machine's clock was at 100 s, and the clock of the store's machine at 5000 s.
constexpr Point start{100s};

/// A question that takes `there` to come to the store and `back` for the answer.
void ask(RunClock& clock, Point asked, std::chrono::milliseconds there,
         std::chrono::milliseconds back) {
  const auto store_time =
      std::chrono::duration_cast<std::chrono::microseconds>(5000s + (asked + there - start));
  clock.told(store_time.count(), asked, asked + there + back);
}

RunClock a_clock() {
  RunClock clock;
  clock.started_unix_us = std::chrono::microseconds(5000s).count();
  return clock;
}

} // namespace

TEST_CASE("run clock: an answer that takes as long as its question says the time exactly") {
  RunClock clock = a_clock();
  CHECK_FALSE(clock.is_known());
  ask(clock, Point(107s), 40ms, 40ms);
  CHECK(clock.is_known());
  CHECK(clock.start() == start);
  CHECK(clock.error() == 40ms);
}

TEST_CASE("run clock: the error is never larger than it says") {
  for (const auto& [there, back] : {std::pair{0ms, 900ms}, {900ms, 0ms}, {30ms, 500ms}}) {
    RunClock clock = a_clock();
    ask(clock, Point(107s), there, back);
    CHECK(clock.error() == (there + back) / 2);
    CHECK(clock.start() - start <= clock.error());
    CHECK(start - clock.start() <= clock.error());
  }
}

TEST_CASE("run clock: the quickest answer counts, whenever it comes") {
  RunClock clock = a_clock();
  ask(clock, Point(107s), 0ms, 900ms);
  ask(clock, Point(108s), 2ms, 0ms);
  CHECK(clock.error() == 1ms);
  CHECK(start - clock.start() == 1ms);
  ask(clock, Point(109s), 0ms, 900ms);
  CHECK(clock.error() == 1ms);
  CHECK(start - clock.start() == 1ms);
}
