// When, of the times that it could, a rule fires: `times`, `attempts`, `every`, `chance`, `during`.
#pragma once

#include "scenario/read_value.hpp"
#include "scenario/trigger.hpp"

namespace tempfail::scenario {

/// All but `per`. `map` is of a kind that has these keys.
void read_trigger(const Map& map, Trigger& trigger, Mistakes& mistakes);

} // namespace tempfail::scenario
