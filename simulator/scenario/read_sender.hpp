// Reads what is expected of a sender, and how a test drives it.
#pragma once

#include "scenario/read_value.hpp"

#include <vector>

namespace tempfail::scenario {

std::vector<Expectation> read_sender(const Value& value, Mistakes& mistakes);
TestPlan read_test_plan(const Value& value, Mistakes& mistakes);

} // namespace tempfail::scenario
