// When a sender gives a message up.
#pragma once

#include "verdict/rule.hpp"

namespace tempfail::verdict {

/// The rule `gives-up`: against what the scenario expects, else only whether a message was returned too early.
Check gives_up(const Case& observed, const scenario::Expectation* expectation);

} // namespace tempfail::verdict
