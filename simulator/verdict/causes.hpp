// One fault is told once: what follows from a finding is not a finding of its own.
#pragma once

#include "verdict/verdict.hpp"

#include <vector>

namespace tempfail::verdict {

/// Takes back findings that say no more than another one does, and puts what was broken in the order of causes.
void drop_consequences(std::vector<Finding>& findings);

} // namespace tempfail::verdict
