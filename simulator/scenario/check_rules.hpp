// What can only be seen when rules are held against each other, their stages, and the server's
// states.
#pragma once

#include "scenario/read_rule.hpp"

#include <vector>

namespace tempfail::scenario {

/// Conditions and actions that make no sense at a rule's stage, actions behind the session's end,
/// rules that can never be reached.
void check_rules(const std::vector<ReadRule>& rules, Mistakes& mistakes);

/// Every state that is asked for has its block under `server`, and every block is asked for.
void check_states(const Map& map, const Server& server, const std::vector<ReadRule>& rules,
                  Mistakes& mistakes);

} // namespace tempfail::scenario
