// Calls that stop in their middle.
#include "store/fiber.hpp"
#include "support/catch.hpp"

#include <optional>
#include <stdexcept>
#include <string>

using namespace tempfail;
using store::Fiber;

namespace {

std::shared_ptr<store::Stacks> stacks() {
  return std::make_shared<store::Stacks>();
}

/// Says when it goes.
struct Witness {
  explicit Witness(bool& gone_given) : gone(gone_given) {}
  ~Witness() { gone = true; }
  bool& gone;
};

} // namespace

TEST_CASE("a call that waits for nothing is over at once", "[fiber]") {
  Fiber fiber(stacks());
  bool inside = false;
  bool told = false;
  CHECK(fiber.run([&] { inside = Fiber::current() == &fiber; }, [&] { told = true; }));
  CHECK(inside);
  CHECK_FALSE(told);
  CHECK(Fiber::current() == nullptr);
}

TEST_CASE("a call goes on where it was suspended", "[fiber]") {
  Fiber fiber(stacks());
  std::string steps;
  bool told = false;
  const bool over = fiber.run(
      [&] {
        for (const char step : {'a', 'b', 'c'}) {
          steps += step;
          fiber.suspend();
        }
      },
      [&] { told = true; });
  CHECK_FALSE(over);
  CHECK(steps == "a");
  fiber.resume();
  fiber.resume();
  CHECK(steps == "abc");
  CHECK_FALSE(told);
  fiber.resume();
  CHECK(told);
}

TEST_CASE("calls take turns, each on its own stack", "[fiber]") {
  const auto shared = stacks();
  Fiber one(shared);
  Fiber other(shared);
  std::string steps;
  const auto work = [&steps](Fiber& fiber, char name) {
    return [&steps, &fiber, name] {
      std::string own(3, name);
      fiber.suspend();
      steps += own;
      fiber.suspend();
      steps += own;
    };
  };
  one.run(work(one, '1'), [] {});
  other.run(work(other, '2'), [] {});
  other.resume();
  one.resume();
  one.resume();
  other.resume();
  CHECK(steps == "222111111222");
}

TEST_CASE("an exception is caught in the call in which it was thrown", "[fiber]") {
  Fiber fiber(stacks());
  std::string caught;
  fiber.run(
      [&] {
        try {
          fiber.suspend();
          throw std::runtime_error("after the wait");
        } catch (const std::runtime_error& error) {
          caught = error.what();
        }
      },
      [] {});
  fiber.resume();
  CHECK(caught == "after the wait");
}

TEST_CASE("a suspended call that is destroyed destroys what is on its stack", "[fiber]") {
  bool gone = false;
  bool went_on = false;
  {
    Fiber fiber(stacks());
    fiber.run(
        [&] {
          const Witness witness(gone);
          fiber.suspend();
          went_on = true;
        },
        [] {});
    CHECK_FALSE(gone);
  }
  CHECK(gone);
  CHECK_FALSE(went_on);
}

TEST_CASE("the end of a call may destroy it", "[fiber]") {
  std::optional<Fiber> fiber(stacks());
  fiber->run([&] { fiber->suspend(); }, [&] { fiber.reset(); });
  fiber->resume();
  CHECK_FALSE(fiber.has_value());
}
