// Reads what is expected of a sender, and how a test drives it.
#pragma once

#include "scenario/model.hpp"
#include "scenario/read_value.hpp"

namespace tempfail::scenario {

/// Into `scenario`: what is expected whatever the sender was told about TLS, and what where it needs it.
void read_sender(const Value& value, Scenario& scenario, Mistakes& mistakes);
TestPlan read_test_plan(const Value& value, Mistakes& mistakes);

} // namespace tempfail::scenario
