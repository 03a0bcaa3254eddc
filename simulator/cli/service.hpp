// The servers that `serve` was started with, and where they listen.
#pragma once

#include "cli/serve_options.hpp"
#include "control/instance.hpp"
#include "net/server.hpp"

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace tempfail::cli {

using control::Served;

/// The servers of one `serve`.
class ServedScenarios {
 public:
  /// Both outlive the service. `names` is null where no names are served.
  ServedScenarios(net::Server& server, net::NameServer* names) : server_(server), names_(names) {}

  /// Opens all ports; CannotRun says which one is taken.
  void open(const std::vector<scenario::ScenarioPtr>& scenarios, const ServeOptions& options);
  /// Those of one scenario together; several where it has several hosts.
  const std::vector<Served>& served() const { return served_; }
  std::size_t scenario_count() const;
  const net::NameServer* names() const { return names_; }
  const std::optional<net::Endpoint>& common() const { return common_; }

  /// What the ready file says.
  nlohmann::ordered_json ready(const ServeOptions& options) const;

 private:
  void open_ports(const std::vector<scenario::ScenarioPtr>& scenarios, const ServeOptions& options);
  void open_named(const std::vector<scenario::ScenarioPtr>& scenarios, const ServeOptions& options);

  net::Server& server_;
  net::NameServer* names_;
  std::vector<Served> served_;
  std::optional<net::Endpoint> common_;
};

} // namespace tempfail::cli
