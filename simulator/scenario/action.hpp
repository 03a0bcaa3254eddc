// What a rule does: in scenario files, and in the model of one, a fault that a rule orders is an action.
#pragma once

#include "faults/fault.hpp"

namespace tempfail::scenario {

namespace action = faults;
using Action = faults::Fault;

} // namespace tempfail::scenario
