// Reads the server half of a scenario, its rules included.
#pragma once

#include "scenario/read_rule.hpp"

namespace tempfail::scenario {

Server read_server(const Value& value, Mistakes& mistakes);
/// What EHLO announces where a scenario says nothing of it.
Extensions default_extensions();

} // namespace tempfail::scenario
