// A feature that a sender lacks, as it was declared, is not asked of it.
#pragma once

#include "verdict/observation.hpp"

#include <string>

namespace tempfail::verdict {

/// Why a scenario is not for this sender, by what was declared of it; empty: it is.
std::string why_not_applicable(const Case& observed);

} // namespace tempfail::verdict
