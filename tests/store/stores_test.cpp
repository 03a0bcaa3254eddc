// Servers of one run: what they share, the clock, leases, and the loss of the store.
#include "store/redis_link.hpp"
#include "store/redis_stores.hpp"
#include "store/several.hpp"
#include "support/catch.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <optional>

using namespace tempfail;
using namespace std::chrono_literals;
using store::RedisStores;
using test::Loop;
using test::Run;

namespace {

using Steady = std::chrono::steady_clock;

scenario::ScenarioPtr plain() {
  return std::make_shared<scenario::Scenario>();
}

} // namespace

TEST_CASE("two servers count together", "[store]") {
  Run run;
  const auto one = run.join();
  const auto other = run.join();
  const auto first = one->open(plain(), "same");
  const auto second = other->open(plain(), "same");
  const auto elsewhere = other->open(plain(), "another");
  const auto count = [&](RedisStores& stores, state::Store& store) {
    return run.ask(stores, [&] { return store.count("k", state::WindowStart::now, 1s); })->times;
  };
  CHECK(count(*one, *first) == 1);
  CHECK(count(*other, *second) == 2);
  CHECK(count(*other, *elsewhere) == 1);
  first->reset();
  CHECK(count(*one, *first) == 1);
  CHECK(count(*other, *second) == 2);
}

TEST_CASE("connections of a server that has left are not counted", "[store]") {
  Run run;
  const auto one = run.join();
  auto other = run.join();
  const auto first = one->open(plain(), "same");
  auto second = other->open(plain(), "same");
  run.ask(*one, [&] { return first->connected("a", 0s); });
  CHECK(run.ask(*other, [&] { return second->connected("a", 0s); }) == state::Connections{2, 2});
  CHECK(run.ask(*other, [&] { return second->connected("b", 0s); }) == state::Connections{1, 3});
  const auto open = [&] { return first->connections("a"); };
  CHECK(run.ask(*one, open) == state::Connections{2, 3});
  bool left = false;
  other->leave([&left] { left = true; });
  run.until([&left] { return left; });
  CHECK(run.ask(*one, open) == state::Connections{1, 1});
}

TEST_CASE("connections of a server that died are given back when its lease ends", "[store]") {
  Run run;
  const auto one = run.join();
  const auto first = one->open(plain(), "same");
  run.ask(*one, [&] { return first->connected("a", 0s); });
  {
    const auto other = run.join(1, 1, 300ms);
    const auto second = other->open(plain(), "same");
    CHECK(run.ask(*other, [&] { return second->connected("a", 0s); }) == state::Connections{2, 2});
  }
  run.until([&] {
    return run.ask(*one, [&] { return first->connections("a"); }) == state::Connections{1, 1};
  });
}

TEST_CASE("a server that comes back after its lease counts as before", "[store]") {
  Run run;
  Loop asleep; // nothing renews a lease while this does not run
  const auto one = run.join();
  const store::RunSettings settings{"test", 1, 1, 100ms};
  RedisStores other(asleep.context, run.server.address(), settings);
  const auto first = one->open(plain(), "same");
  const auto second = other.open(plain(), "same");
  asleep.ask(other, [&] { return second->connected("a", 0s); });
  const auto counted = [&] { return run.ask(*one, [&] { return first->connections("a"); }); };
  run.until([&] { return counted() == state::Connections{0, 0}; });
  asleep.until([&] { return counted() == state::Connections{1, 1}; });
}

TEST_CASE("servers of a run have one clock, one scale and one seed", "[store]") {
  Run run;
  const auto one = run.join(60, 7);
  CHECK(run.refusal(60, 7).empty());
  CHECK(run.refusal(1, 7) ==
        "the run test has the time scale 60; this server was given the time scale 1");
  CHECK(run.refusal(0.5, 7) ==
        "the run test has the time scale 60; this server was given the time scale 0.5");
  CHECK(run.refusal(60, 8) == "the run test has another seed than 8");
  const auto other = run.join(60, 7);
  CHECK(other->clock().started_unix_us == one->clock().started_unix_us);
  const auto apart = other->clock().start() - one->clock().start(); // by the same machine's clock
  CHECK(std::chrono::abs(apart) <= one->clock().error() + other->clock().error());
}

TEST_CASE("a store that nobody listens at can't be joined", "[store]") {
  Run run;
  run.server.stop();
  CHECK(run.refusal(1, 1) == "Connection refused");
}

TEST_CASE("a store that was lost is found again, and told what it has forgotten", "[store]") {
  Run run;
  const auto stores = run.join();
  std::vector<store::StoreChange> changes;
  stores->on_change([&changes](const auto& change) { changes.push_back(change); });
  const auto store = stores->open(plain(), "same");
  run.ask(*stores, [&] { return store->connected("a", 0s); });
  const std::int64_t started = stores->clock().started_unix_us;
  run.server.stop();
  const auto begin = Steady::now();
  CHECK_FALSE(run.ask(*stores, [&] { return store->next_draw_number(); }));
  run.until([&] { return changes.size() == 1; });
  CHECK(changes.front().lost);
  CHECK_FALSE(changes.front().why.empty());
  CHECK(changes.front().since >= begin);
  CHECK_FALSE(run.ask(*stores, [&] { return store->next_draw_number(); })); // at once
  run.server.start();
  run.until([&] { return changes.size() == 2; });
  CHECK_FALSE(changes.back().lost);
  CHECK(changes.back().restarted);
  CHECK(run.ask(*stores, [&] { return store->connections("a"); }) == state::Connections{1, 1});
  CHECK(run.join()->clock().started_unix_us == started);
}

TEST_CASE("a store that does not answer is lost", "[store]") {
  Run run;
  const auto stores = run.join();
  std::vector<store::StoreChange> changes;
  stores->on_change([&changes](const auto& change) { changes.push_back(change); });
  const auto store = stores->open(plain(), "same");
  run.server.freeze();
  const auto begin = Steady::now();
  CHECK_FALSE(run.ask(*stores, [&] { return store->next_draw_number(); }));
  CHECK(Steady::now() - begin >= store::longest_wait);
  REQUIRE(changes.size() == 1);
  CHECK(changes.front().why == "no answer within 2 s");
  CHECK(changes.front().since >= begin);
  CHECK(changes.front().since <= Steady::now() - store::longest_wait);
  run.server.thaw();
  run.until([&] { return changes.size() == 2; });
  CHECK_FALSE(changes.back().lost);
  CHECK_FALSE(changes.back().restarted); // it knows what it knew
  CHECK(run.ask(*stores, [&] { return store->next_draw_number(); }));
}

TEST_CASE("a call that is given up while it waits leaves nobody to be told", "[store]") {
  Run run;
  const auto stores = run.join();
  const auto store = stores->open(plain(), "same");
  {
    const auto call = stores->make_call();
    CHECK_FALSE(call->run([&] { store->next_draw_number(); }, [] { FAIL("it is over"); }));
  }
  CHECK(run.ask(*stores, [&] { return store->next_draw_number(); }) == 1U);
}

TEST_CASE("a connection whose begin was given up is not counted", "[store]") {
  Run run;
  const auto stores = run.join();
  const auto store = stores->open(plain(), "same");
  {
    const auto call = stores->make_call();
    CHECK_FALSE(call->run([&] { store->connected("a", 0s); }, [] { FAIL("it is over"); }));
  }
  CHECK(run.ask(*stores, [&] { return store->connections("a"); }) == state::Connections{0, 0});
}

TEST_CASE("amounts and moments that Redis can't count exactly are refused", "[store]") {
  Run run;
  const auto stores = run.join();
  auto large = std::make_shared<scenario::Scenario>();
  large->name = "large";
  large->server.spool = scenario::Spool{std::uint64_t{1} << 53U, 0, std::nullopt};
  CHECK_THROWS_WITH(stores->open(large, "large"), "large: spool.capacity of 9007199254740992 is "
                                                  "too large for a store; allowed: below 2^53");
  const auto store = stores->open(plain(), "same");
  std::string refusal;
  const auto call = stores->make_call();
  CHECK(call->run(
      [&] {
        try {
          store->first_contact(Moment(std::int64_t{1} << 53U));
        } catch (const std::range_error& error) {
          refusal = error.what();
        }
      },
      [] {}));
  CHECK(refusal == "a moment beyond 2^53 microseconds can't be kept in the store");
}
