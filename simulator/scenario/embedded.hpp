// What the build made part of the program besides the scenarios themselves.
#pragma once

#include <string_view>

namespace tempfail::scenario {

/// scenarios/families.yaml: names and titles of the families, in their order.
std::string_view embedded_families();

} // namespace tempfail::scenario
