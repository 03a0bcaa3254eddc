// Who waits is called once, in the end; and not from within.
#include "control/refusal.hpp"
#include "control/waits.hpp"
#include "support/catch.hpp"

#include <boost/asio/io_context.hpp>

#include <vector>

using namespace tempfail;
using namespace std::chrono_literals;
using control::WaitEnd;
using control::Waits;

namespace {

/// So long that a test that waits for it is seen to hang.
constexpr auto never = 1h;

} // namespace

TEST_CASE("waits: what holds already is answered from the loop, not from within the call") {
  boost::asio::io_context loop{1};
  Waits waits(loop, 10);
  std::vector<WaitEnd> ends;
  waits.add(
      never, [] { return true; }, [&](WaitEnd end) { ends.push_back(end); });
  CHECK(ends.empty());
  loop.run();
  CHECK(ends == std::vector{WaitEnd::ready});
  CHECK(waits.empty());
}

TEST_CASE("waits: a look ends those for whom it is time, each once") {
  boost::asio::io_context loop{1};
  Waits waits(loop, 10);
  int happened = 0;
  std::vector<int> ended;
  for (const int least : {1, 2})
    waits.add(
        never, [&happened, least] { return happened >= least; },
        [&ended, least](WaitEnd) { ended.push_back(least); });
  loop.poll();
  CHECK(ended.empty());
  happened = 1;
  waits.look();
  waits.look();
  CHECK(ended == std::vector{1});
  happened = 2;
  waits.look();
  CHECK(ended == std::vector{1, 2});
}

TEST_CASE("waits: the time ends a wait, unless it is held, until it is released") {
  boost::asio::io_context loop{1};
  Waits waits(loop, 10);
  std::vector<WaitEnd> ends;
  const auto id = waits.add(
      0ms, [] { return false; }, [&](WaitEnd end) { ends.push_back(end); });
  waits.hold(id);
  loop.run(); // to where no timer is left
  CHECK(ends.empty());
  waits.release(id);
  waits.look();
  CHECK(ends == std::vector{WaitEnd::time_up});
}

TEST_CASE("waits: one that was cancelled is never called") {
  boost::asio::io_context loop{1};
  Waits waits(loop, 10);
  const auto id = waits.add(
      0ms, [] { return true; }, [](WaitEnd) { FAIL("it was called"); });
  waits.cancel(id);
  loop.run();
  CHECK(waits.empty());
}

TEST_CASE("waits: all hear of the end; who is called may wait anew, or cancel another") {
  boost::asio::io_context loop{1};
  Waits waits(loop, 10);
  std::vector<WaitEnd> ends;
  Waits::Id second = 0;
  waits.add(
      never, [] { return false; },
      [&](WaitEnd end) {
        ends.push_back(end);
        waits.cancel(second);
      });
  second = waits.add(
      never, [] { return false; }, [&](WaitEnd end) { ends.push_back(end); });
  waits.end_all();
  CHECK(ends == std::vector{WaitEnd::gone});
}

TEST_CASE("waits: there is a limit") {
  boost::asio::io_context loop{1};
  Waits waits(loop, 1);
  waits.add(
      never, [] { return false; }, [](WaitEnd) {});
  CHECK_THROWS_AS(waits.add(
                      never, [] { return false; }, [](WaitEnd) {}),
                  control::Refusal);
}
