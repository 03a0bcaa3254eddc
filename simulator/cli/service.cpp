// Opens the ports of `serve`, and says where they are.
#include "cli/service.hpp"

#include "cli/dns_options.hpp"
#include "cli/error.hpp"
#include "cli/port_error.hpp"
#include "net/free_port.hpp"
#include "net/loopback_addresses.hpp"
#include "net/name_server.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tempfail::cli {

namespace {

using Json = nlohmann::ordered_json;

Json endpoint_json(const net::Endpoint& endpoint) {
  return Json{{"scenario", endpoint.scenario},
              {"address", endpoint.address},
              {"port", endpoint.port},
              {"tls", endpoint.implicit_tls},
              {"host", endpoint.host.empty() ? Json(nullptr) : Json(endpoint.host)}};
}

Json path_or_null(const std::string& path) {
  return path.empty() ? Json(nullptr) : Json(path);
}

} // namespace

void ServedScenarios::open(const std::vector<scenario::ScenarioPtr>& scenarios,
                           const ServeOptions& options) {
  if (names_ != nullptr)
    open_named(scenarios, options);
  else
    open_ports(scenarios, options);
  std::optional<std::uint16_t> common = options.shared_port;
  if (!common && !options.port && names_ == nullptr) common = default_shared_port;
  if (!common || scenarios.empty()) return;
  try {
    shared_port_ = server_.serve_shared_port(scenarios, next_port(*common));
  } catch (const std::system_error& error) {
    throw CannotRun(port_error(error.code(), options.run.bind_address, *common, "shared port",
                               "--shared-port"));
  }
}

void ServedScenarios::open_mix(const scenario::MixPtr& mix, const ServeOptions& options) {
  const std::uint16_t port = options.port.value_or(default_shared_port);
  try {
    shared_port_ = server_.serve_mix(mix, next_port(port));
    mix_ = ServedMix{mix, *shared_port_};
  } catch (const std::system_error& error) {
    throw CannotRun(port_error(error.code(), options.run.bind_address, port, "mix", "--port"));
  }
}

std::vector<ServedScenario> ServedScenarios::controlled() const {
  std::vector<ServedScenario> all = served_;
  if (mix_)
    for (const scenario::ScenarioPtr& scenario : scenario::scenarios_of(*mix_->mix))
      all.push_back({scenario, {}});
  return all;
}

/// A port each.
void ServedScenarios::open_ports(const std::vector<scenario::ScenarioPtr>& scenarios,
                                 const ServeOptions& options) {
  const std::uint32_t base = options.port.value_or(default_base_port);
  if (base != 0 && base + scenarios.size() > 65536)
    throw UsageError("--port " + std::to_string(base) + ": " + std::to_string(scenarios.size()) +
                     " scenarios don't fit between there and 65535");
  std::uint32_t port = base;
  for (const scenario::ScenarioPtr& scenario : scenarios) {
    try {
      served_.push_back({scenario, server_.serve(scenario, next_port(port))});
    } catch (const std::system_error& error) {
      throw CannotRun(
          port_error(error.code(), options.run.bind_address, port, scenario->name, "--port"));
    }
    if (base != 0) ++port;
  }
}

/// An address for each host, and one port for all: a sender that finds its way by MX has one.
void ServedScenarios::open_named(const std::vector<scenario::ScenarioPtr>& scenarios,
                                 const ServeOptions& options) {
  std::vector<std::vector<net::HostListenAddresses>> places;
  std::vector<std::string> addresses;
  for (const scenario::ScenarioPtr& scenario : scenarios) {
    places.push_back(net::loopback_addresses(*scenario, places.size() + 1));
    for (const net::HostListenAddresses& place : places.back())
      for (std::string& address : place.all())
        addresses.push_back(std::move(address));
  }
  std::uint16_t port = options.port.value_or(mail_port);
  if (port == 0) port = net::free_port(addresses);
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    try {
      for (const net::Endpoint& endpoint :
           server_.serve_named(scenarios[i], places[i], port, *names_))
        served_.push_back({scenarios[i], endpoint});
    } catch (const std::system_error& error) {
      throw CannotRun(port_error(error.code(), places[i].front().ipv4.front(), port,
                                 scenarios[i]->name, "--port"));
    } catch (const std::invalid_argument& wrong) {
      throw CannotRun("the names of " + scenarios[i]->name + " can't be served: " + wrong.what());
    }
  }
}

std::uint16_t ServedScenarios::next_port(std::uint32_t usual) {
  return given_.empty() ? static_cast<std::uint16_t>(usual) : given_.at(ports().size());
}

std::vector<std::uint16_t> ServedScenarios::ports() const {
  std::vector<std::uint16_t> all;
  for (const ServedScenario& served : served_)
    all.push_back(served.endpoint.port);
  if (shared_port_) all.push_back(shared_port_->port);
  return all;
}

std::size_t ServedScenarios::scenario_count() const {
  if (mix_) return scenario::scenarios_of(*mix_->mix).size();
  std::size_t count = 0;
  const scenario::Scenario* last = nullptr;
  for (const ServedScenario& served : served_) // those of one scenario are together
    if (std::exchange(last, served.scenario.get()) != served.scenario.get()) ++count;
  return count;
}

Json ServedScenarios::ready(const ServeOptions& options) const {
  Json mix = nullptr;
  if (mix_) {
    mix = {{"file", options.mix}, {"domains", Json::array()}, {"scenarios", Json::array()}};
    for (const scenario::MixDomain& domain : mix_->mix->domains)
      mix["domains"].push_back(domain.pattern);
    for (const scenario::ScenarioPtr& scenario : scenario::scenarios_of(*mix_->mix))
      mix["scenarios"].push_back(scenario->name);
  }
  Json endpoints = Json::array();
  for (const ServedScenario& served : served_)
    endpoints.push_back(endpoint_json(served.endpoint));
  return Json{{"pid", ::getpid()},
              {"version", TEMPFAIL_VERSION},
              {"endpoints", std::move(endpoints)},
              {"common", shared_port_ ? endpoint_json(*shared_port_) : Json(nullptr)},
              {"mix", std::move(mix)},
              {"dns", names_ == nullptr
                          ? Json(nullptr)
                          : Json{{"address", names_->address()}, {"port", names_->port()}}},
              {"control", path_or_null(options.control)},
              {"journal", path_or_null(options.journal)},
              {"ca", options.tls_directory.empty() ? Json(nullptr)
                                                   : Json(options.tls_directory + "/ca.pem")}};
}

} // namespace tempfail::cli
