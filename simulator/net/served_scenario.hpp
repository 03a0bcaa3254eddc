// Scenarios as they are served: with what the settings add to them.
#pragma once

#include "net/server.hpp"

#include <vector>

namespace tempfail::net {

/// The scenario with the TLS and the AUTH that the settings ask for.
scenario::ScenarioPtr with_settings(scenario::ScenarioPtr scenario, const ServerSettings& settings);

/// What the shared port is before a recipient has chosen: "healthy" where it is among the scenarios. It offers STARTTLS
/// where any of them does, with nothing wrong about it.
scenario::ScenarioPtr shared_port_scenario(const std::vector<scenario::ScenarioPtr>& all);

/// Switches an extension of the server on, or off.
void set_extension(scenario::Server& server, scenario::Extension extension, bool is_offered);

} // namespace tempfail::net
