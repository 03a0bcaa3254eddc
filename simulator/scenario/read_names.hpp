// The blocks `hosts` and `names`: who there is, and what is said of them.
#pragma once

#include "scenario/model.hpp"
#include "scenario/read_value.hpp"

namespace tempfail::scenario {

/// Reads both, as far as they are given, into the scenario, whose name and server are there already.
void read_hosts_and_names(const Map& file, Scenario& scenario, Mistakes& mistakes);

} // namespace tempfail::scenario
