// The key `met`: what has to take effect on a sender before it has met the scenario.
#pragma once

#include "scenario/model.hpp"
#include "scenario/read_value.hpp"

namespace tempfail::scenario {

/// `all`, `session`, or one or several of the stages and blocks at which the scenario, as far as it is read,
/// does something unusual.
MetCondition read_met(const Value& value, const Scenario& scenario, Mistakes& mistakes);

} // namespace tempfail::scenario
