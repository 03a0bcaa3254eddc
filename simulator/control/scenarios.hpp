// The scenarios that servers can be made of: those of the program's catalogue, and those that were put in since.
#pragma once

#include "control/limits.hpp"
#include "scenario/loader.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::control {

class Scenarios {
 public:
  Scenarios(scenario::Catalogue catalogue, const Limits& limits)
      : catalogue_(std::move(catalogue)), limits_(limits) {}

  /// Those of the catalogue in its order, then the others by name; one that was put in stands for one of its name.
  std::vector<scenario::ScenarioPtr> all() const;
  /// By name or id; throws Refusal with names that are close.
  scenario::ScenarioPtr find(const std::string& name) const;
  /// Reads a scenario file's text under this name, and keeps it where it has no mistakes; throws Refusal where the name
  /// is not one, or there are too many. `is_new`: there was none of this name.
  struct Put {
    scenario::LoadResult loaded;
    bool is_new = false;
  };
  Put put(const std::string& name, std::string_view yaml);

 private:
  scenario::Catalogue catalogue_;
  const Limits& limits_;
  std::map<std::string, scenario::ScenarioPtr, std::less<>> own_; ///< by name
};

} // namespace tempfail::control
