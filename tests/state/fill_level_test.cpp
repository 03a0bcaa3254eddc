// Filling and draining, exactly.
#include "state/fill_level.hpp"
#include "support/catch.hpp"

#include <limits>

using namespace tempfail;
using namespace std::chrono_literals;
using scenario::Rate;
using state::FillLevel;

TEST_CASE("a tank drains by whole units and stops at empty", "[tank]") {
  const std::optional<Rate> drain = Rate{65536, 1min};
  const FillLevel tank(262144, 0s);
  CHECK(tank.level(drain, 0s) == 262144);
  CHECK(tank.level(drain, 1min) == 196608);
  CHECK(tank.level(drain, 4min - 1us) == 1);
  CHECK(tank.level(drain, 4min) == 0);
  CHECK(tank.level(drain, 24h) == 0);
}

TEST_CASE("a tank drains in steps, each at its time", "[tank]") {
  const std::optional<Rate> drain = Rate{100, 45min, true};
  FillLevel tank(250, 1h);
  CHECK(tank.level(drain, 1h + 45min - 1us) == 250);
  CHECK(tank.level(drain, 1h + 45min) == 150);
  tank.add(50, drain, 1h + 80min); // what is added between two steps does not put the next one off
  CHECK(tank.level(drain, 1h + 90min - 1us) == 200);
  CHECK(tank.level(drain, 1h + 90min) == 100);
  CHECK(tank.level(drain, 1h + 180min) == 0);
  tank.add(10, drain, 1h + 190min); // nor does emptiness
  CHECK(tank.level(drain, 1h + 225min - 1us) == 10);
  CHECK(tank.level(drain, 1h + 225min) == 0);
}

TEST_CASE("a tank without a drain keeps its level", "[tank]") {
  FillLevel tank(10, 0s);
  tank.add(5, std::nullopt, 1h);
  CHECK(tank.level(std::nullopt, 1000h) == 15);
}

TEST_CASE("many small additions lose no drained time", "[tank]") {
  const std::optional<Rate> drain = Rate{1, 1s}; // one unit a second
  FillLevel tank(1000, 0s);
  for (int i = 1; i <= 1000; ++i)
    tank.add(0, drain, i * 300ms);
  CHECK(tank.level(drain, 300s) == 700);
}

TEST_CASE("an empty tank saves nothing up", "[tank]") {
  const std::optional<Rate> drain = Rate{1, 1s};
  FillLevel tank;
  tank.add(3, drain, 1h);
  CHECK(tank.level(drain, 1h) == 3);
  CHECK(tank.level(drain, 1h + 2s) == 1);
}

TEST_CASE("large amounts and long times do not overflow", "[tank]") {
  const std::optional<Rate> drain = Rate{std::uint64_t{1} << 40U, 1us};
  FillLevel tank(std::numeric_limits<std::uint64_t>::max() - 1, 0s);
  tank.add(100, std::nullopt, 0s);
  CHECK(tank.level(std::nullopt, 0s) == std::numeric_limits<std::uint64_t>::max());
  CHECK(tank.level(drain, 87600h) == 0);
}
