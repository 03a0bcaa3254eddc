// A running `serve`: the servers, their endpoints, what the control socket can do with them.
#pragma once

#include "cli/control_protocol.hpp"
#include "cli/serve_options.hpp"
#include "journal/writer.hpp"
#include "net/server.hpp"

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace tempfail::cli {

/// A scenario and where it, or one of its hosts, listens.
struct Served {
  scenario::ScenarioPtr scenario;
  net::Endpoint endpoint;
};

/// The servers of one `serve`.
class Service final : public ControlTarget {
 public:
  /// `manual` is null with a real clock. All outlive the service.
  /// `names` is null where no names are served.
  Service(net::Server& server, net::Clock& clock, net::ManualClock* manual,
          journal::Recorder& recorder, net::NameServer* names)
      : server_(server), clock_(clock), manual_(manual), recorder_(recorder), names_(names) {}

  /// Opens all ports; CannotRun says which one is taken.
  void open(const std::vector<scenario::ScenarioPtr>& scenarios, const ServeOptions& options);
  /// Those of one scenario together; several where it has several hosts.
  const std::vector<Served>& served() const { return served_; }
  std::size_t scenario_count() const;
  const net::NameServer* names() const { return names_; }
  const std::optional<net::Endpoint>& common() const { return common_; }

  /// What the ready file says.
  nlohmann::ordered_json ready(const ServeOptions& options) const;

  std::string advance(Duration by) override;
  std::string reset(const std::string& scenario) override;
  std::string stop_queue(const std::string& scenario) override;
  std::string start_queue(const std::string& scenario) override;
  std::string now() override;
  std::string status() override;

 private:
  void open_ports(const std::vector<scenario::ScenarioPtr>& scenarios, const ServeOptions& options);
  void open_named(const std::vector<scenario::ScenarioPtr>& scenarios, const ServeOptions& options);
  const Served& find(const std::string& scenario) const;
  state::ServerState& queue_of(const std::string& scenario);

  net::Server& server_;
  net::Clock& clock_;
  net::ManualClock* manual_;
  journal::Recorder& recorder_;
  net::NameServer* names_;
  std::vector<Served> served_;
  std::optional<net::Endpoint> common_;
};

} // namespace tempfail::cli
