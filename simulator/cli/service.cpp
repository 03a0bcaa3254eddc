// Opens the ports of `serve` and answers its control commands.
#include "cli/service.hpp"

#include "cli/dns_options.hpp"
#include "cli/error.hpp"
#include "cli/port_trouble.hpp"
#include "cli/text.hpp"
#include "net/free_port.hpp"
#include "net/name_server.hpp"
#include "state/server_state.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tempfail::cli {

namespace {

using Json = nlohmann::ordered_json;

Json to_json(const net::Endpoint& endpoint) {
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

void Service::open(const std::vector<scenario::ScenarioPtr>& scenarios,
                   const ServeOptions& options) {
  if (names_ != nullptr)
    open_named(scenarios, options);
  else
    open_ports(scenarios, options);
  std::optional<std::uint16_t> common = options.common_port;
  if (!common && !options.port && names_ == nullptr) common = default_common_port;
  if (!common) return;
  try {
    common_ = server_.serve_common(scenarios, *common);
  } catch (const std::system_error& error) {
    throw CannotRun(port_trouble(error.code(), options.run.bind_address, *common, "common port",
                                 "--common-port"));
  }
}

/// A port each.
void Service::open_ports(const std::vector<scenario::ScenarioPtr>& scenarios,
                         const ServeOptions& options) {
  const std::uint32_t base = options.port.value_or(default_base_port);
  if (base != 0 && base + scenarios.size() > 65536)
    throw UsageError("--port " + std::to_string(base) + ": " + std::to_string(scenarios.size()) +
                     " scenarios don't fit between there and 65535");
  std::uint32_t port = base;
  for (const scenario::ScenarioPtr& scenario : scenarios) {
    try {
      served_.push_back({scenario, server_.serve(scenario, static_cast<std::uint16_t>(port))});
    } catch (const std::system_error& error) {
      throw CannotRun(
          port_trouble(error.code(), options.run.bind_address, port, scenario->name, "--port"));
    }
    if (base != 0) ++port;
  }
}

/// An address for each host, and one port for all: a sender that finds its way by MX has one.
void Service::open_named(const std::vector<scenario::ScenarioPtr>& scenarios,
                         const ServeOptions& options) {
  std::vector<std::vector<net::HostPlace>> places;
  std::vector<std::string> addresses;
  for (const scenario::ScenarioPtr& scenario : scenarios) {
    places.push_back(loopback_places(*scenario, places.size() + 1));
    for (const net::HostPlace& place : places.back())
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
      throw CannotRun(port_trouble(error.code(), places[i].front().ipv4.front(), port,
                                   scenarios[i]->name, "--port"));
    } catch (const std::invalid_argument& wrong) {
      throw CannotRun("the names of " + scenarios[i]->name + " can't be served: " + wrong.what());
    }
  }
}

std::size_t Service::scenario_count() const {
  std::size_t count = 0;
  const scenario::Scenario* last = nullptr;
  for (const Served& served : served_) // those of one scenario are together
    if (std::exchange(last, served.scenario.get()) != served.scenario.get()) ++count;
  return count;
}

Json Service::ready(const ServeOptions& options) const {
  Json endpoints = Json::array();
  for (const Served& served : served_)
    endpoints.push_back(to_json(served.endpoint));
  return Json{{"pid", ::getpid()},
              {"version", TEMPFAIL_VERSION},
              {"endpoints", std::move(endpoints)},
              {"common", common_ ? to_json(*common_) : Json(nullptr)},
              {"dns", names_ == nullptr
                          ? Json(nullptr)
                          : Json{{"address", names_->address()}, {"port", names_->port()}}},
              {"control", path_or_null(options.control)},
              {"journal", path_or_null(options.journal)},
              {"ca", options.tls_directory.empty() ? Json(nullptr)
                                                   : Json(options.tls_directory + "/ca.pem")}};
}

const Served& Service::find(const std::string& scenario) const {
  std::vector<std::string> names;
  for (const Served& served : served_) {
    if (served.scenario->name == scenario || served.scenario->id() == scenario) return served;
    names.push_back(served.scenario->name);
  }
  const std::string near = nearest(scenario, names);
  throw std::runtime_error("no scenario " + scenario + " is served" +
                           (near.empty() ? "" : "; did you mean " + near + "?"));
}

state::ServerState& Service::queue_of(const std::string& scenario) {
  const Served& served = find(scenario);
  if (!served.scenario->server.queue)
    throw std::runtime_error("scenario " + scenario + " has no queue");
  return *server_.state(served.scenario->name);
}

std::string Service::advance(Duration by) {
  if (manual_ == nullptr)
    throw std::runtime_error("the clock runs by itself; start the server with --clock manual");
  // Before what it sets off.
  recorder_.record({clock_.now(), 0, 0, journal::event::Advance{by}});
  manual_->advance(by);
  recorder_.flush();
  return now();
}

std::string Service::reset(const std::string& scenario) {
  if (scenario == "all") {
    const scenario::Scenario* last = nullptr;
    for (const Served& served : served_)
      if (std::exchange(last, served.scenario.get()) != served.scenario.get())
        server_.reset(served.scenario->name);
  } else {
    server_.reset(find(scenario).scenario->name);
  }
  return "reset " + scenario;
}

std::string Service::stop_queue(const std::string& scenario) {
  queue_of(scenario).stop_queue();
  return "stopped " + scenario;
}

std::string Service::start_queue(const std::string& scenario) {
  queue_of(scenario).start_queue();
  return "started " + scenario;
}

std::string Service::now() {
  return scenario::to_string(clock_.now());
}

std::string Service::status() {
  const net::Totals totals = server_.totals();
  Json endpoints = Json::array();
  for (const Served& served : served_) {
    Json entry = to_json(served.endpoint);
    entry["open"] = server_.open_sessions(served.scenario->name);
    endpoints.push_back(std::move(entry));
  }
  if (common_) {
    Json entry = to_json(*common_);
    entry["open"] = server_.open_sessions("*");
    endpoints.push_back(std::move(entry));
  }
  const Json status = {{"now", now()},
                       {"now_us", clock_.now().count()},
                       {"clock", manual_ != nullptr ? "manual" : "real"},
                       {"time_scale", clock_.scale()},
                       {"connections", totals.connections},
                       {"messages_accepted", totals.messages_accepted},
                       {"open", totals.open},
                       {"endpoints", std::move(endpoints)}};
  return status.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace tempfail::cli
