// Questions to a store as data, so that the same can be asked of two, and fewer of them.
#pragma once

#include "state/store.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace tempfail::test {

/// One question. `amount` and `key` mean what the kind makes of them.
struct Operation {
  enum class Kind : std::uint8_t {
    first_contact,
    connected,
    disconnected,
    connections,
    count,
    draw,
    greylist,
    spool,
    mailbox,
    rate,
    draw_rate,
    queue,
    switch_queue,
    accepted,
    reset,
    last = reset,
  };
  Kind kind{};
  Moment now{};
  std::string key;
  std::uint64_t amount = 0;
};
using Trace = std::vector<Operation>;

/// A scenario with all states, and what is asked of it: all of it from the seed. A trace is about few kinds and keys,
/// and its steps of time are what the scenario's settings are sensitive to, so that what depends on each other meets.
scenario::ScenarioPtr random_scenario(std::mt19937_64& random);
Trace random_trace(std::mt19937_64& random, const scenario::Server& server, std::size_t length);

/// Asks, and says the answer in words: where they are the same, so are the answers.
std::string answer(state::Store& store, const Operation& operation);
std::string to_string(const Trace& trace);

} // namespace tempfail::test
