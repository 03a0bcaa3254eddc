// Scenarios that were called otherwise in earlier versions.
#pragma once

#include <span>
#include <string_view>

namespace tempfail::scenario {

struct FormerName {
  std::string_view former;
  std::string_view current;
};
std::span<const FormerName> former_names();

/// The name that a scenario has now; `name` itself where it never had another.
std::string_view current_name(std::string_view name);

} // namespace tempfail::scenario
