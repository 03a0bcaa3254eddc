// The shared port's choice of a scenario.
#include "net/scenario_name_router.hpp"

#include "base/ascii.hpp"

#include <utility>

namespace tempfail::net {

ScenarioNameRouter::ScenarioNameRouter(const std::vector<scenario::ScenarioPtr>& scenarios,
                                       TargetOf target_of)
    : target_of_(std::move(target_of)) {
  for (const scenario::ScenarioPtr& scenario : scenarios)
    scenarios_.emplace(base::lower(scenario->name), scenario);
}

session::RecipientRouter::Target ScenarioNameRouter::route(std::string_view recipient) {
  const std::size_t at = recipient.rfind('@');
  const std::string_view local = recipient.substr(0, at);
  if (at != std::string_view::npos) {
    const std::string_view domain = recipient.substr(at + 1);
    if (Target target = find(domain.substr(0, domain.find('.'))); target.prepared) return target;
  }
  return find(local.substr(0, local.find('+')));
}

session::RecipientRouter::Target ScenarioNameRouter::find(std::string_view name) const {
  const auto found = scenarios_.find(base::lower(name));
  if (found == scenarios_.end()) return {};
  return target_of_(found->second);
}

} // namespace tempfail::net
