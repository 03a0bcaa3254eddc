// Adds to scenarios what the settings ask for.
#include "net/served_scenario.hpp"

#include "scenario/read_server.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::net {

namespace {

std::size_t index_of(scenario::Extension extension) {
  return static_cast<std::size_t>(extension);
}

} // namespace

scenario::TlsMode tls_mode_for(const scenario::Server& server, const ServerSettings& settings) {
  using scenario::TlsMode;
  if (settings.implicit_tls && !scenario::is_about_starttls(server)) return TlsMode::implicit;
  if (settings.offer_starttls && server.tls == TlsMode::none) return TlsMode::starttls;
  return server.tls;
}

scenario::ScenarioPtr with_settings(scenario::ScenarioPtr scenario,
                                    const ServerSettings& settings) {
  using scenario::Extension;
  const scenario::TlsMode mode = tls_mode_for(scenario->server, settings);
  const bool adds_auth = settings.offer_auth && !scenario->server.auth;
  if (mode == scenario->server.tls && !adds_auth) return scenario;
  auto changed = std::make_shared<scenario::Scenario>(*scenario);
  scenario::Server& server = changed->server;
  if (mode != server.tls) {
    server.tls = mode;
    server.extensions[index_of(Extension::starttls)] = mode == scenario::TlsMode::starttls;
  }
  if (adds_auth) {
    server.auth.emplace();
    server.extensions[index_of(Extension::auth)] = true;
    if (server.extensions_after_tls)
      (*server.extensions_after_tls)[index_of(Extension::auth)] = true;
  }
  return changed;
}

scenario::ScenarioPtr shared_port_scenario(const std::vector<scenario::ScenarioPtr>& all) {
  auto common = std::make_shared<scenario::Scenario>();
  const auto healthy = std::find_if(
      all.begin(), all.end(), [](const auto& scenario) { return scenario->name == "healthy"; });
  if (healthy != all.end()) {
    common->server = (*healthy)->server;
  } else {
    using scenario::Extension;
    for (const Extension extension :
         {Extension::pipelining, Extension::size, Extension::eight_bit_mime, Extension::smtputf8,
          Extension::chunking, Extension::dsn, Extension::enhanced_status_codes})
      common->server.extensions[index_of(extension)] = true;
  }
  const bool any_tls = std::any_of(all.begin(), all.end(), [](const auto& scenario) {
    return scenario->server.tls != scenario::TlsMode::none;
  });
  if (any_tls && common->server.tls == scenario::TlsMode::none) {
    common->server.tls = scenario::TlsMode::starttls;
    common->server.extensions[index_of(scenario::Extension::starttls)] = true;
  }
  common->name = "*";
  common->summary = "The recipient chooses the scenario";
  return common;
}

void set_extension(scenario::Server& server, scenario::Extension extension, bool is_offered) {
  server.extensions[index_of(extension)] = is_offered;
}

} // namespace tempfail::net
