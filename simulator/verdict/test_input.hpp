// Whether the sender under test sent what the scenario's test wanted of it.
#pragma once

#include "verdict/observation.hpp"

#include <string>

namespace tempfail::verdict {

/// Says what the test wanted and did not get, where nothing went wrong because of that: fewer recipients than the
/// scenario has, or a message that is plainly not the one that was given. Empty: nothing of the kind.
std::string missing_input(const Case& observed);

} // namespace tempfail::verdict
