// The lab as the commands use it: made with errors of theirs, scenarios served at addresses of their own.
#pragma once

#include "cli/dns_options.hpp"
#include "cli/run_options.hpp"
#include "lab/lab.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace tempfail::net {
class NameServer;
}

namespace tempfail::cli {

class StandardStream;

/// Makes this process able to make labs, and says on `err` when a program in there can't change its user. Before
/// there are threads. CannotRun says what is missing.
void prepare_for_labs(StandardStream& err);
/// For these scenarios: the sender's resolver appends what they say. CannotRun says what is missing.
std::unique_ptr<lab::Lab> make_lab(const std::vector<scenario::ScenarioPtr>& scenarios);

NetworkFeatures lab_features(const lab::Lab& lab);

/// UsageError when an option makes no sense in a lab, or when the scenarios have more hosts than there are addresses.
void check_for_lab(const RunOptions& options, const std::vector<scenario::ScenarioPtr>& scenarios);
/// Settings of servers in a lab: its network, which can be cut off from them, and the sender's own address where
/// --sender-server names loopback. The lab outlives the servers.
net::ServerSettings settings_in_lab(net::ServerSettings settings, lab::Lab& lab);

/// Where a host of a scenario listens.
struct LabHost {
  std::string name;               ///< "mx1.mx-servfail.test"
  net::HostListenAddresses place; ///< the first port is the one to send to
  bool implicit_tls = false;
};
/// Where all of a scenario's hosts do; at least one.
struct LabScenario {
  scenario::ScenarioPtr scenario;
  std::vector<LabHost> hosts;

  /// The address and port of the first host, for a sender that is told where to go.
  const std::string& address() const;
  std::uint16_t port() const { return hosts.front().place.ports.front(); }
};

/// Gives scenarios their addresses, in order: each host of each its own; port 25 and 587, 465 where TLS begins with
/// the first byte, and 25 alone where it is about connections that fail.
std::vector<LabScenario> places_in_lab(const std::vector<scenario::ScenarioPtr>& scenarios,
                                       const RunOptions& options);

/// Opens all ports of a scenario's hosts, and serves its names. CannotRun when that can't be.
void serve(const LabScenario& served, lab::Lab& lab, net::Server& server, net::NameServer& names);

} // namespace tempfail::cli
