// Filling and draining, exactly.
#include "state/tank.hpp"
#include "support/catch.hpp"

#include <limits>

using namespace tempfail;
using namespace std::chrono_literals;
using scenario::Rate;
using state::Tank;

TEST_CASE("a tank drains by whole units and stops at empty", "[tank]") {
  const std::optional<Rate> drain = Rate{65536, 1min};
  const Tank tank(262144, 0s);
  CHECK(tank.level(drain, 0s) == 262144);
  CHECK(tank.level(drain, 1min) == 196608);
  CHECK(tank.level(drain, 4min - 1us) == 1);
  CHECK(tank.level(drain, 4min) == 0);
  CHECK(tank.level(drain, 24h) == 0);
}

TEST_CASE("a tank without a drain keeps its level", "[tank]") {
  Tank tank(10, 0s);
  tank.add(5, std::nullopt, 1h);
  CHECK(tank.level(std::nullopt, 1000h) == 15);
}

TEST_CASE("many small additions lose no drained time", "[tank]") {
  const std::optional<Rate> drain = Rate{1, 1s}; // one unit a second
  Tank tank(1000, 0s);
  for (int i = 1; i <= 1000; ++i)
    tank.add(0, drain, i * 300ms);
  CHECK(tank.level(drain, 300s) == 700);
}

TEST_CASE("an empty tank saves nothing up", "[tank]") {
  const std::optional<Rate> drain = Rate{1, 1s};
  Tank tank;
  tank.add(3, drain, 1h);
  CHECK(tank.level(drain, 1h) == 3);
  CHECK(tank.level(drain, 1h + 2s) == 1);
}

TEST_CASE("large amounts and long times do not overflow", "[tank]") {
  const std::optional<Rate> drain = Rate{std::uint64_t{1} << 40U, 1us};
  Tank tank(std::numeric_limits<std::uint64_t>::max() - 1, 0s);
  tank.add(100, std::nullopt, 0s);
  CHECK(tank.level(std::nullopt, 0s) == std::numeric_limits<std::uint64_t>::max());
  CHECK(tank.level(drain, 87600h) == 0);
}
