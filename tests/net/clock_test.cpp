// The clocks: order, moments, cancelling; nothing fires before its time.
#include "net/clock.hpp"
#include "net/timer_queue.hpp"
#include "support/catch.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <map>
#include <string>

using namespace tempfail;
using namespace std::chrono_literals;

TEST_CASE("manual clock: timers fire in order, each at its own moment") {
  const auto clock = net::make_manual_clock();
  std::string fired;
  std::vector<Moment> moments;
  const auto timer = [&](char name) {
    return [&, name] {
      fired += name;
      moments.push_back(clock->now());
    };
  };
  clock->schedule(3h, timer('c'));
  clock->schedule(1h, timer('a'));
  clock->schedule(1h, timer('b'));
  clock->advance(1h - 1us);
  CHECK(fired.empty());
  clock->advance(1us);
  CHECK(fired == "ab");
  clock->advance(10h);
  CHECK(fired == "abc");
  CHECK(moments == std::vector<Moment>{1h, 1h, 3h});
  CHECK(clock->now() == 11h);
  CHECK(clock->scale() == 0);
}

TEST_CASE("manual clock: a timer set by a timer fires in the same advance when it is due") {
  const auto clock = net::make_manual_clock();
  Moment second{};
  clock->schedule(1min,
                  [&] { clock->schedule(clock->now() + 1min, [&] { second = clock->now(); }); });
  clock->advance(5min);
  CHECK(second == 2min);
}

TEST_CASE("manual clock: a cancelled timer does not fire, and its id means nothing later") {
  const auto clock = net::make_manual_clock();
  bool first = false;
  bool second = false;
  const auto id = clock->schedule(1s, [&] { first = true; });
  clock->cancel(id);
  clock->schedule(1s, [&] { second = true; });
  clock->cancel(id); // its slot may have been taken by the second one
  clock->cancel(0);
  clock->advance(2s);
  CHECK_FALSE(first);
  CHECK(second);
}

TEST_CASE("timer queue: behaves as a sorted multimap under random use") {
  net::TimerQueue queue;
  std::multimap<std::pair<long, long>, net::Clock::TimerId> model;
  std::uint32_t random = 12345;
  const auto next = [&random] { return random = random * 1664525U + 1013904223U; };
  long order = 0;
  long fired = -1;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint32_t choice = next() % 8;
    if (choice < 4) {
      const long at = static_cast<long>(next() % 1000);
      const long this_order = order++;
      model.emplace(std::pair(at, this_order),
                    queue.add(Moment(at), [&fired, this_order] { fired = this_order; }));
    } else if (choice < 6 && !model.empty()) {
      auto victim = model.begin();
      std::advance(victim, static_cast<long>(next() % model.size()));
      queue.remove(victim->second);
      model.erase(victim);
    } else if (!model.empty()) {
      REQUIRE(queue.first() == Moment(model.begin()->first.first));
      queue.take_first()();
      REQUIRE(fired == model.begin()->first.second);
      model.erase(model.begin());
    }
    REQUIRE(queue.empty() == model.empty());
  }
}

TEST_CASE("scaled clock: an hour passes in real time divided by the scale, never sooner") {
  boost::asio::io_context context{1};
  const auto start = std::chrono::steady_clock::now(); // the clock's time begins after this
  const auto clock = net::make_scaled_clock(context, 36000.0);
  Moment at{};
  clock->schedule(1h, [&] { at = clock->now(); });
  context.run();
  CHECK(at >= 1h);
  CHECK(std::chrono::steady_clock::now() - start >= 100ms);
  CHECK(clock->scale() == 36000.0);
}

TEST_CASE(
    "scaled clock: cancelling the only timer lets the context end; an earlier one overtakes") {
  boost::asio::io_context context{1};
  const auto clock = net::make_scaled_clock(context, 1.0);
  clock->cancel(clock->schedule(1h, [] {}));
  context.run(); // returns at once
  context.restart();
  std::string fired;
  const auto late = clock->schedule(10h, [&] { fired += "late"; });
  clock->schedule(clock->now() + 1ms, [&] {
    fired += "early";
    clock->cancel(late);
  });
  context.run();
  CHECK(fired == "early");
}
