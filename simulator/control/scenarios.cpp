// Finds scenarios, and takes new ones.
#include "control/scenarios.hpp"

#include "control/refusal.hpp"

#include <algorithm>

namespace tempfail::control {

namespace {

/// A file's name without its ending: a part of a host's name, too.
bool is_name(std::string_view text) {
  constexpr std::size_t longest = 60; // NAME.test and mx.NAME.test are host names
  return !text.empty() && text.size() <= longest && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

} // namespace

std::vector<scenario::ScenarioPtr> Scenarios::all() const {
  std::vector<scenario::ScenarioPtr> list;
  for (const scenario::ScenarioPtr& scenario : catalogue_.all()) {
    const auto own = own_.find(scenario->name);
    list.push_back(own == own_.end() ? scenario : own->second);
  }
  for (const auto& [name, scenario] : own_)
    if (!catalogue_.find(name)) list.push_back(scenario);
  return list;
}

scenario::ScenarioPtr Scenarios::find(const std::string& name) const {
  if (const auto own = own_.find(name); own != own_.end()) return own->second;
  for (const auto& [own_name, scenario] : own_)
    if (scenario->id() == name) return scenario;
  if (scenario::ScenarioPtr known = catalogue_.find(name)) return known;
  std::string near;
  for (const std::string& candidate : catalogue_.suggest(name))
    if (catalogue_.find(candidate)) near += (near.empty() ? "; did you mean " : ", ") + candidate;
  throw Refusal(RefusalKind::unknown,
                "there is no scenario " + name + (near.empty() ? "" : near + "?"));
}

Scenarios::Put Scenarios::put(const std::string& name, std::string_view yaml) {
  if (!is_name(name))
    throw Refusal(RefusalKind::invalid, name + " is not a valid scenario name",
                  "lower-case letters, digits and hyphens, at most 60");
  const bool is_new = !own_.contains(name);
  if (is_new && own_.size() >= limits_.scenarios)
    throw Refusal(RefusalKind::full,
                  "there are " + std::to_string(own_.size()) + " scenarios already");
  const scenario::ScenarioPtr known = catalogue_.find(name);
  const std::string family = known ? known->family : "own";
  Put put{scenario::load_scenario(yaml, family + "/" + name + ".yaml"), is_new && !known};
  if (put.loaded.scenario) own_[name] = put.loaded.scenario;
  return put;
}

} // namespace tempfail::control
