// Draws a policy for people and for scripts: its schedules as a table, a timeline, and JSON.
#pragma once

#include "client/policy/policy.hpp"

#include <string>
#include <vector>

namespace tempfail::client {

/// A try as the schedule has it: the earliest and the latest it can come, counted from the first
/// try.
struct PlannedTry {
  Duration earliest{};
  Duration latest{};
};

/// All tries of a message that fails under one rule each time, the first (at zero) included.
std::vector<PlannedTry> plan(const Policy& policy, const Rule& rule);

/// Tables of rules and tries, and a timeline, for a terminal `width` columns wide.
std::string show_policy(const Policy& policy, unsigned width);
/// The same as JSON; durations in seconds.
std::string policy_as_json(const Policy& policy);

} // namespace tempfail::client
