// Puts scenarios on the simulator's side of a lab.
#include "cli/lab_hosts.hpp"

#include "cli/error.hpp"
#include "cli/terminal.hpp"
#include "lab/missing.hpp"
#include "lab/users.hpp"
#include "net/name_server.hpp"
#include "scenario/hosts.hpp"

#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace tempfail::cli {

namespace {

constexpr std::uint16_t smtp = 25;
constexpr std::uint16_t submission = 587;
constexpr std::uint16_t submissions = 465;

std::vector<std::uint16_t> ports_of(const scenario::Server& server, bool implicit_tls) {
  if (implicit_tls) return {submissions};
  if (server.listen) return {smtp};
  return {smtp, submission};
}

/// What a router says so that connections are answered like this; nothing: the port answers.
std::optional<lab::Unreachability> unreachability_of(scenario::ListenAnswer answer) {
  switch (answer) {
  case scenario::ListenAnswer::host_unreachable: return lab::Unreachability::host_unreachable;
  case scenario::ListenAnswer::network_unreachable: return lab::Unreachability::network_unreachable;
  case scenario::ListenAnswer::accepted:
  case scenario::ListenAnswer::refused:
  case scenario::ListenAnswer::silence: break;
  }
  return std::nullopt;
}

[[noreturn]] void complain(const lab::Unavailable& error) {
  throw CannotRun(std::string("the lab can't be made: ") + error.what());
}

} // namespace

void prepare_for_labs(StandardStream& err) {
  try {
    std::string why;
    if (lab::become_able_to_make_labs(why) == lab::AvailableUsers::one)
      err.write("tempfail: root is the only user in the lab, so a program that changes its user "
                "fails there: run as root, or with a range of users (" +
                why + ")\n");
  } catch (const lab::Unavailable& error) {
    complain(error);
  }
}

std::unique_ptr<lab::Lab> make_lab(const std::vector<scenario::ScenarioPtr>& scenarios) {
  lab::SenderSettings settings = lab::Lab::default_settings();
  for (const scenario::ScenarioPtr& scenario : scenarios)
    for (const std::string& domain : scenario::dns_settings_of(*scenario).search)
      settings.search += (settings.search.empty() ? "" : " ") + domain;
  try {
    return std::make_unique<lab::Lab>(settings);
  } catch (const lab::Unavailable& error) {
    complain(error);
  }
}

NetworkFeatures lab_features(const lab::Lab& lab) {
  return {true, lab.has_ipv6(), true};
}

void check_for_lab(const RunOptions& options, const std::vector<scenario::ScenarioPtr>& scenarios) {
  if (options.bind_address != RunOptions().bind_address)
    throw UsageError("--bind " + options.bind_address +
                     ": leave it out, a lab has its own addresses");
  if (!options.dns.empty())
    throw UsageError("--dns " + options.dns + ": leave it out, a lab has its own name server");
  std::size_t addresses = 0;
  for (const scenario::ScenarioPtr& scenario : scenarios)
    for (const scenario::Host& host : scenario::hosts_of(*scenario))
      addresses += host.addresses.size();
  if (addresses > lab::max_hosts)
    throw UsageError(std::to_string(scenarios.size()) + " scenarios, whose hosts have " +
                     std::to_string(addresses) + " addresses, and a lab has " +
                     std::to_string(lab::max_hosts) + "; name fewer");
}

net::ServerSettings settings_in_lab(net::ServerSettings settings, lab::Lab& lab) {
  settings.network_namespace = lab.network_namespace();
  settings.set_unreachable = [&lab](const std::string& address, scenario::ListenAnswer answer) {
    lab.set_unreachable(address, unreachability_of(answer));
  };
  if (is_loopback(settings.return_address)) settings.return_address = lab::sender_ipv4;
  return settings;
}

const std::string& LabScenario::address() const {
  const net::HostListenAddresses& place = hosts.front().place;
  return place.ipv4.empty() ? place.ipv6.front() : place.ipv4.front();
}

std::vector<LabScenario> places_in_lab(const std::vector<scenario::ScenarioPtr>& scenarios,
                                       const RunOptions& options) {
  const net::ServerSettings settings = settings_of(options);
  std::vector<LabScenario> result;
  std::size_t next = 0;
  for (const scenario::ScenarioPtr& scenario : scenarios) {
    LabScenario placed{scenario, {}};
    for (const scenario::Host& host : scenario::hosts_of(*scenario)) {
      LabHost one{host.name, {}, false};
      one.implicit_tls = net::tls_mode_for(host.server, settings) == scenario::TlsMode::implicit;
      one.place.ports = ports_of(host.server, one.implicit_tls);
      for (const scenario::AddressFamily family : host.addresses)
        if (family == scenario::AddressFamily::ipv4)
          one.place.ipv4.push_back(lab::host_ipv4(next++));
        else
          one.place.ipv6.push_back(lab::host_ipv6(next++));
      placed.hosts.push_back(std::move(one));
    }
    result.push_back(std::move(placed));
  }
  return result;
}

void serve(const LabScenario& served, lab::Lab& lab, net::Server& server, net::NameServer& names) {
  const std::string& name = served.scenario->name;
  std::vector<net::HostListenAddresses> places;
  try {
    for (const LabHost& host : served.hosts) {
      for (const std::string& address : host.place.all())
        lab.add_host(address);
      places.push_back(host.place);
    }
    server.serve_named(served.scenario, places, served.port(), names);
  } catch (const lab::Unavailable& error) {
    complain(error);
  } catch (const std::system_error& failed) {
    throw CannotRun("no server for " + name + " at " + served.address() + ": " +
                    failed.code().message());
  } catch (const std::invalid_argument& wrong) {
    throw CannotRun("the names of " + name + " can't be served: " + wrong.what());
  }
}

} // namespace tempfail::cli
