// A clock that is moved by hand, and that all servers of a run follow.
#include "store/published_clock.hpp"
#include "store/redis_stores.hpp"
#include "store/several.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

using namespace tempfail;
using namespace std::chrono_literals;
using test::Loop;
using test::Run;

namespace {

constexpr double by_hand = 0;

/// A server of the run, and where its clock is.
struct Follower {
  explicit Follower(std::unique_ptr<store::RedisStores> joined)
      : stores(std::move(joined)), now(stores->published_clock().moment()) {}

  void follow() {
    stores->published_clock().on_moved([this](Moment to) { now = to; });
  }
  /// Moves the clock of all: why nobody knows that all have followed.
  std::string advance(Loop& loop, Duration by) {
    std::optional<std::string> problem;
    stores->published_clock().advance(by, [&](const std::string& said) { problem = said; });
    CHECK_FALSE(problem); // never from within
    loop.until([&] { return problem.has_value(); });
    return *problem;
  }

  std::unique_ptr<store::RedisStores> stores;
  Moment now;
};

} // namespace

TEST_CASE("a clock that is moved at one server has moved at all when that is told", "[store]") {
  Run run;
  Follower one(run.join(by_hand));
  Follower other(run.join(by_hand));
  one.follow();
  other.follow();
  CHECK(one.advance(run, 5min).empty());
  CHECK(one.now == 5min);
  CHECK(other.now == 5min);
  CHECK(other.advance(run, 1us).empty());
  CHECK(one.now == 5min + 1us);
  CHECK(other.now == one.now);
  const Follower late(run.join(by_hand));
  CHECK(late.now == one.now);
}

TEST_CASE("moves of a clock at two servers add up", "[store]") {
  Run run;
  Follower one(run.join(by_hand));
  Follower other(run.join(by_hand));
  one.follow();
  other.follow();
  int done = 0;
  for (Follower* const mover : {&one, &other, &one})
    mover->stores->published_clock().advance(1min, [&done](const std::string& problem) {
      CHECK(problem.empty());
      ++done;
    });
  run.until([&done] { return done == 3; });
  CHECK(one.now == 3min);
  CHECK(other.now == 3min);
}

TEST_CASE("a server that does not follow is told of, and moves when it can", "[store]") {
  Run run;
  Follower one(run.join(by_hand));
  Follower busy(run.join(by_hand)); // does not follow yet
  one.follow();
  CHECK(one.advance(run, 5min) == "not all servers of the run have moved their clocks within 8 s");
  CHECK(one.now == 5min);
  CHECK(busy.now == 0s);
  busy.follow();
  CHECK(one.advance(run, 1min).empty());
  CHECK(busy.now == 6min);
  bool left = false;
  busy.stores->leave([&left] { left = true; });
  run.until([&left] { return left; });
  CHECK(one.advance(run, 1min).empty()); // nobody waits for who has left
  CHECK(busy.now == 6min);
}

TEST_CASE("a clock that is moved by hand outlives the store", "[store]") {
  Run run;
  Follower one(run.join(by_hand));
  one.follow();
  CHECK(one.advance(run, 5min).empty());
  run.server.stop();
  CHECK(one.advance(run, 1min).starts_with("the store is lost: "));
  run.server.start();
  std::string problem = "not tried";
  run.until([&] {
    if (!problem.empty()) problem = one.advance(run, 1min);
    return problem.empty();
  });
  CHECK(one.now == 6min);
  CHECK(Follower(run.join(by_hand)).now == 6min);
}

TEST_CASE("a clock runs by itself at all servers of a run, or at none", "[store]") {
  Run run;
  const auto one = run.join(by_hand);
  CHECK(run.refusal(1, 1) == "the run test has a clock that is moved by hand (--clock manual); "
                             "this server was given the time scale 1");
  Run other;
  const auto running = other.join(60);
  CHECK(other.refusal(by_hand, 1) == "the run test has the time scale 60; this server was given a "
                                     "clock that is moved by hand (--clock manual)");
}
