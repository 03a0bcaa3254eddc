// The way of the mail: which names a sender asked for and which hosts it tried, in the order of time.
#pragma once

#include "verdict/case_summary.hpp"

#include <cstddef>
#include <vector>

namespace tempfail::verdict {

struct Case;

/// Every query, connection and unanswered attempt at one. Empty if no name was asked for and the scenario has one
/// host. `max_text`: bytes of a step's text.
std::vector<RouteStep> route_of(const Case& observed, std::size_t max_text);

} // namespace tempfail::verdict
