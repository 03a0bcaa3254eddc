// --dns, and the loopback addresses of hosts.
#include "cli/dns_options.hpp"

#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/port_error.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "net/loopback_addresses.hpp"
#include "net/name_server.hpp"
#include "scenario/hosts.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <system_error>

namespace tempfail::cli {

namespace {

/// Takes out those for which `leave` holds, and says why.
template <typename Leave>
void leave_out(std::vector<scenario::ScenarioPtr>& scenarios, Leave leave, std::string_view why,
               StandardStream& err) {
  std::vector<std::string> names;
  std::erase_if(scenarios, [&](const scenario::ScenarioPtr& scenario) {
    if (!leave(*scenario)) return false;
    names.push_back(scenario->name);
    return true;
  });
  if (names.empty()) return;
  const std::string text = std::string(why) + ": " + joined(names, ", ");
  if (scenarios.empty()) throw UsageError("no scenario is left to run; left out, " + text);
  err.write("tempfail: left out, " + text + '\n');
}

} // namespace

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  ListenAddress place;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    place.address = text.substr(0, colon);
    text.remove_prefix(colon + 1);
    if (place.address.starts_with('[') && place.address.ends_with(']'))
      place.address = place.address.substr(1, place.address.size() - 2);
    else if (place.address.find(':') != std::string::npos)
      return std::nullopt; // an address of IPv6 needs its brackets: which colon is the port's?
  }
  boost::system::error_code error;
  boost::asio::ip::make_address(place.address, error);
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), place.port);
  if (error || wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return place;
}

std::optional<ListenAddress> parse_dns(std::string_view text) {
  const std::optional<ListenAddress> place = parse_listen_address(text);
  if (!place || boost::asio::ip::make_address(place->address).is_unspecified()) return std::nullopt;
  return place;
}

void add_dns_option(CLI::App& parser, RunOptions& options) {
  parser
      .add_option(
          "--dns", options.dns,
          "Also run a name server for the scenarios' names, over UDP and TCP on this port. 0: the "
          "system chooses a port. The default ADDRESS is 127.0.0.1. Each host then has its own "
          "loopback address, and all hosts have the same port, so that a sender finds the server "
          "of anyone@disk-full.test by its MX record.")
      ->type_name("[ADDRESS:]PORT");
}

void check_dns(const RunOptions& options) {
  if (options.dns.empty()) return;
  if (!parse_dns(options.dns))
    throw UsageError("--dns " + options.dns +
                     " is not a valid address of a name server; allowed: 53, 127.0.0.1:53, "
                     "[::1]:53, 0 (the system chooses the port)");
  if (options.bind_address != RunOptions().bind_address)
    throw UsageError(
        "--dns gives each host its own address in 127.0.0.0/8 and can't be combined with "
        "--bind " +
        options.bind_address);
}

NetworkFeatures loopback_features(const RunOptions& options) {
  return {!options.dns.empty(), false, false};
}

std::vector<scenario::ScenarioPtr>
scenarios_for_network(std::vector<scenario::ScenarioPtr> scenarios, const NetworkFeatures& network,
                      const RunOptions& options, StandardStream& err) {
  if (!network.names && !options.is_without("mx"))
    leave_out(scenarios, scenario::needs_name_server,
              "because a client that connects to a fixed address and port can't reach them (--dns "
              "serves their names)",
              err);
  const auto unreachable = [&](const scenario::Scenario& scenario) {
    return scenario::needs_router(scenario) &&
           !(scenario::needs_name_server(scenario) && options.is_without("mx"));
  };
  if (!network.router)
    leave_out(scenarios, unreachable,
              "because no server can make its host or its network unreachable (a router can: "
              "tempfail lab test has one)",
              err);
  if (network.names && !network.ipv6)
    leave_out(scenarios, scenario::needs_ipv6,
              network.router ? "because this kernel has no IPv6"
                             : "because loopback has only one IPv6 address, and their hosts need "
                               "more (tempfail lab test has them)",
              err);
  if (!options.dns.empty() && scenarios.size() > net::max_loopback_scenarios)
    throw UsageError("--dns: there are addresses for " +
                     std::to_string(net::max_loopback_scenarios) + " scenarios");
  return scenarios;
}

std::unique_ptr<net::NameServer> open_name_server(boost::asio::io_context& context,
                                                  const RunOptions& options) {
  const auto place = parse_dns(options.dns);
  if (options.dns.empty() || !place) return nullptr;
  try {
    auto server = std::make_unique<net::NameServer>(context, place->address, place->port);
    // The sender is on this machine: there it finds itself.
    server->set_host(options.sender_host, "127.0.0.1");
    return server;
  } catch (const std::system_error& error) {
    throw CannotRun(port_error(error.code(), place->address, place->port, "name server", "--dns"));
  }
}

} // namespace tempfail::cli
