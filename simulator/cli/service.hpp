// The servers that `serve` was started with, and where they listen.
#pragma once

#include "cli/serve_options.hpp"
#include "control/managed_server.hpp"
#include "net/server.hpp"

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace tempfail::cli {

using control::ServedScenario;

/// A mix and its port.
struct ServedMix {
  scenario::MixPtr mix;
  net::Endpoint endpoint;
};

/// The servers of one `serve`.
class ServedScenarios {
 public:
  /// Both outlive the service. `names` is null where no names are served. `ports`: those that another process has
  /// opened, as its ports() are; empty: as the options say.
  ServedScenarios(net::Server& server, net::NameServer* names,
                  std::vector<std::uint16_t> ports = {})
      : server_(server), names_(names), given_(std::move(ports)) {}

  /// Opens all ports; CannotRun says which one is taken.
  void open(const std::vector<scenario::ScenarioPtr>& scenarios, const ServeOptions& options);
  /// Opens the port of a mix, in place of those of scenarios.
  void open_mix(const scenario::MixPtr& mix, const ServeOptions& options);
  /// Those of one scenario together; several where it has several hosts. Of a mix none.
  const std::vector<ServedScenario>& served() const { return served_; }
  /// The same for whoever controls them: with those of a mix, which have no port of their own.
  std::vector<ServedScenario> controlled() const;
  const std::optional<ServedMix>& mix() const { return mix_; }
  std::size_t scenario_count() const;
  const net::NameServer* names() const { return names_; }
  /// The shared port, or that of a mix.
  const std::optional<net::Endpoint>& shared_port() const { return shared_port_; }

  /// All ports, in the order in which they were opened.
  std::vector<std::uint16_t> ports() const;

  /// What the ready file says.
  nlohmann::ordered_json ready(const ServeOptions& options) const;

 private:
  void open_ports(const std::vector<scenario::ScenarioPtr>& scenarios, const ServeOptions& options);
  void open_named(const std::vector<scenario::ScenarioPtr>& scenarios, const ServeOptions& options);

  /// The next port to open, where nothing else says which.
  std::uint16_t next_port(std::uint32_t usual);

  net::Server& server_;
  net::NameServer* names_;
  std::vector<std::uint16_t> given_; ///< ports that another process has opened
  std::vector<ServedScenario> served_;
  std::optional<net::Endpoint> shared_port_;
  std::optional<ServedMix> mix_;
};

} // namespace tempfail::cli
