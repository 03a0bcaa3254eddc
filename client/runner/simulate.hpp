// Plays a policy against a script in virtual time: days in milliseconds, through the very runner and queue that
// deliver mail.
#pragma once

#include "client/policy/policy.hpp"
#include "client/runner/scripted_deliverer.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tempfail::client {

/// What is to be simulated.
struct SimulationRequest {
  Script script{};
  std::uint64_t seed = 1;
  unsigned messages = 1;
  Duration apart{}; ///< between the messages
  Duration limit = std::chrono::hours(24 * 30);
};

/// One thing that happened.
struct SimulationStep {
  Duration at{}; ///< since the first message was accepted
  std::int64_t message = 0;
  unsigned number = 0;   ///< of the try; 0: not a try
  std::string outcome{}; ///< "450 4.3.2 simulated", "delivered", "notification: delayed"
  std::string next{};    ///< what the policy makes of it
};

/// How it went.
struct Simulation {
  std::vector<SimulationStep> steps{};
  std::size_t tries = 0;
  std::size_t delivered = 0;
  std::size_t failed = 0;
  std::size_t held = 0;
  bool ended = false; ///< false: the limit came first
};

Simulation simulate(const Policy& policy, const SimulationRequest& request);

/// As a table for people, and as JSON for scripts.
std::string show_simulation(const Simulation& simulation);
std::string simulation_as_json(const Simulation& simulation);

} // namespace tempfail::client
