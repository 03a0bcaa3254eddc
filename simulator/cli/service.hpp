// A running `serve`: the servers, their endpoints, what the control socket can do with them.
#pragma once

#include "cli/control_protocol.hpp"
#include "cli/serve_options.hpp"
#include "journal/writer.hpp"
#include "net/server.hpp"

#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace tempfail::cli {

/// A scenario and where it listens.
struct Served {
  scenario::ScenarioPtr scenario;
  net::Endpoint endpoint;
};

/// The servers of one `serve`.
class Service final : public ControlTarget {
 public:
  /// `manual` is null with a real clock. All outlive the service.
  Service(net::Server& server, net::Clock& clock, net::ManualClock* manual,
          journal::Recorder& recorder)
      : server_(server), clock_(clock), manual_(manual), recorder_(recorder) {}

  /// Opens all ports; CannotRun says which one is taken.
  void open(const std::vector<scenario::ScenarioPtr>& scenarios, const ServeOptions& options);
  const std::vector<Served>& served() const { return served_; }
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
  const Served& find(const std::string& scenario) const;
  state::ServerState& queue_of(const std::string& scenario);

  net::Server& server_;
  net::Clock& clock_;
  net::ManualClock* manual_;
  journal::Recorder& recorder_;
  std::vector<Served> served_;
  std::optional<net::Endpoint> common_;
};

} // namespace tempfail::cli
