// Simulations: days in milliseconds, the same decisions as a real run, the same result for the same seed.
#include "client/runner/simulate.hpp"
#include "fixture.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;
using namespace std::chrono_literals;

TEST_CASE("outcomes_as_people_write_them") {
  CHECK(outcome("4.3.2").failure == Failure::reply_4yz);
  CHECK(outcome("4.3.2").status == Status{4, 3, 2});
  CHECK(outcome("432").status == Status{4, 3, 2});
  CHECK(outcome("451 4.7.1 greylisted").status == Status{4, 7, 1});
  CHECK(outcome("550").fate == Fate::permanent);
  CHECK(outcome("4.4.1").failure == Failure::connect_timeout);
  CHECK(outcome("4.4.2").failure == Failure::dropped);
  CHECK(outcome("dropped@message").in_doubt);
  CHECK_FALSE(outcome("dropped@rcpt").in_doubt);
  for (const char* wrong :
       {"", "250", "4321", "tired", "dropped@bed", "none", "2.0.0", "host-off"}) {
    std::string mistake;
    CAPTURE(wrong);
    CHECK_FALSE(parse_outcome(wrong, mistake));
    CHECK(mistake.find("allowed: ") != std::string::npos);
  }
}

TEST_CASE("simulation_of_a_stopped_queue") {
  const auto simulation = simulate(default_policy(), {{lasting("4.3.2", 6h)}, 1, 1, {}, 24h * 30});
  CHECK(simulation.ended);
  CHECK(simulation.tries == 4);
  CHECK(simulation.delivered == 1);
  CHECK(simulation.failed == 0);
  const std::string text = show_simulation(simulation);
  CHECK(text.find("rule queue-stopped: next try in 1h") != std::string::npos);
  CHECK(text.find("notification: delayed") != std::string::npos);
  CHECK(simulation_as_json(simulation).find("\"delivered\": 1") != std::string::npos);
}

TEST_CASE("simulation_for_ever_ends_in_a_failure_and_its_notification") {
  const auto simulation =
      simulate(default_policy(), {{for_ever("451 4.3.0 later")}, 1, 1, {}, 24h * 30});
  CHECK(simulation.ended);
  CHECK(simulation.failed == 1);
  REQUIRE_FALSE(simulation.steps.empty());
  CHECK(simulation.steps.back().outcome == "notification: failed");
}

TEST_CASE("simulation_until_a_try") {
  const auto simulation = simulate(default_policy(), {{until_try("442", 3)}, 1, 1, {}, 24h * 30});
  CHECK(simulation.tries == 3);
  CHECK(simulation.delivered == 1);
}

TEST_CASE("simulation_phases_follow_each_other") {
  const auto simulation =
      simulate(default_policy(),
               {{lasting("connect-timeout", 1h), lasting("4.7.1", 2h)}, 1, 1, {}, 24h * 30});
  CHECK(simulation.delivered == 1);
  CHECK(simulation.steps.front().outcome == "4.4.1 connect-timeout");
}

TEST_CASE("simulation_is_the_same_for_the_same_seed") {
  const SimulationRequest request{{for_ever("451")}, 5, 20, 1min, 24h * 30};
  CHECK(show_simulation(simulate(default_policy(), request)) ==
        show_simulation(simulate(default_policy(), request)));
  SimulationRequest other = request;
  other.seed = 6;
  CHECK(show_simulation(simulate(default_policy(), request)) !=
        show_simulation(simulate(default_policy(), other)));
}

TEST_CASE("simulation_stops_at_its_limit") {
  const auto simulation = simulate(default_policy(), {{for_ever("451")}, 1, 1, {}, 24h});
  CHECK_FALSE(simulation.ended);
  CHECK(simulation.failed == 0);
}
