// The shared port's choice of a scenario by the recipient's address.
#pragma once

#include "session/session.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace tempfail::net {

/// "anyone@disk-full.test" (the domain's first label), or "disk-full@anything" (the local part, up
/// to a '+').
class ScenarioNameRouter final : public session::RecipientRouter {
 public:
  /// Finds or makes what a scenario is served with.
  using TargetOf = std::function<Target(const scenario::ScenarioPtr&)>;

  ScenarioNameRouter(const std::vector<scenario::ScenarioPtr>& scenarios, TargetOf target_of);
  Target route(std::string_view recipient) override;

 private:
  Target find(std::string_view name) const;

  std::map<std::string, scenario::ScenarioPtr, std::less<>> scenarios_; ///< by name in lower case
  TargetOf target_of_;
};

} // namespace tempfail::net
