// The shared port's choice by recipient.
#include "net/scenario_name_router.hpp"
#include "support/catch.hpp"

using namespace tempfail;

TEST_CASE("router: by domain, else by local part, whatever the case") {
  std::vector<scenario::ScenarioPtr> scenarios;
  for (const char* name : {"disk-full", "greylisted"}) {
    auto scenario = std::make_shared<scenario::Scenario>();
    scenario->name = name;
    scenarios.push_back(scenario);
  }
  std::string chosen;
  net::ScenarioNameRouter router(scenarios, [&](const scenario::ScenarioPtr& scenario) {
    chosen = scenario->name;
    return session::RecipientRouter::Target{session::prepare_scenario(scenario, {}), nullptr};
  });
  const auto name = [&](std::string_view recipient) {
    chosen.clear();
    const bool found = router.route(recipient).prepared != nullptr;
    CHECK(found == !chosen.empty());
    return chosen;
  };
  CHECK(name("anyone@disk-full.test") == "disk-full");
  CHECK(name("anyone@DISK-Full.Example.org") == "disk-full");
  CHECK(name("disk-full@example.org") == "disk-full");
  CHECK(name("disk-full+1@example.org") == "disk-full");
  CHECK(name("greylisted@disk-full.test") == "disk-full");
  CHECK(name("disk-full") == "disk-full");
  CHECK(name("nobody@example.org").empty());
  CHECK(name("@").empty());
  CHECK(name("").empty());
}
