// What a resolver in the lab knows besides the scenarios' names.
#include "cli/lab_names.hpp"

#include "cli/error.hpp"
#include "cli/port_error.hpp"
#include "lab/missing.hpp"
#include "net/server.hpp"

#include <stdexcept>
#include <system_error>
#include <utility>

namespace tempfail::cli {

namespace {

constexpr std::uint16_t dns_port = 53;
constexpr std::uint16_t smtp_port = 25;

scenario::Record record_of(std::string_view owner, scenario::RecordType type, std::string data) {
  return {std::string(owner), type, std::move(data), {}, std::nullopt};
}

scenario::DnsSettings names_of_sender(const lab::Lab& lab) {
  using scenario::RecordType;
  scenario::DnsSettings names;
  names.domains = {std::string(lab::sender_domain)};
  names.records = {
      record_of(lab::sender_domain, RecordType::mx, "10 " + std::string(lab::sender_mx) + "."),
      record_of(lab::sender_name, RecordType::a, std::string(lab::sender_ipv4))};
  if (lab.has_ipv6())
    names.records.push_back(
        record_of(lab::sender_name, RecordType::aaaa, std::string(lab::sender_ipv6)));
  return names;
}

/// As that of a port on which the recipient chooses a scenario: whose it is, nobody knows.
scenario::ScenarioPtr nobodys() {
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->name = "*";
  return scenario;
}

} // namespace

std::unique_ptr<net::NameServer> open_name_server(boost::asio::io_context& context,
                                                  const lab::Lab& lab, net::Clock& clock,
                                                  const net::NameServer::Record& record) {
  const std::string address(lab::name_server_ipv4);
  try {
    auto names = std::make_unique<net::NameServer>(
        context, address, dns_port, net::NameServerLimits(), lab.network_namespace());
    names->record_unknown_names(clock, record);
    return names;
  } catch (const std::system_error& error) {
    throw CannotRun("no name server in the lab: " +
                    port_error(error.code(), address, dns_port, "name server", ""));
  }
}

std::string name_server_in_lab() {
  return std::string(lab::name_server_ipv4) + ":" + std::to_string(dns_port);
}

void serve_sender_domain(scenario::ScenarioPtr scenario, net::Clock& clock,
                         const net::NameServer::Record& record, lab::Lab& lab, net::Server& server,
                         net::NameServer& names) {
  const std::string name(lab::sender_mx);
  net::HostListenAddresses place;
  place.ipv4 = {std::string(lab::sender_mx_ipv4)};
  place.ports = {smtp_port};
  auto zone_of = std::make_shared<scenario::Scenario>();
  zone_of->name = lab::sender_domain;
  zone_of->names = names_of_sender(lab);
  dns::ZoneSetting zone;
  zone.scenario = std::move(zone_of);
  zone.hosts = {{name, place.ipv4, {}}};
  zone.scale = clock.scale();
  zone.outside_scenarios = true;
  try {
    lab.add_host(lab::sender_mx_ipv4);
    server.serve_extra_host(scenario ? std::move(scenario) : nobodys(), name, place);
    names.add(zone, clock, 0, record);
  } catch (const lab::Unavailable& error) {
    throw CannotRun(std::string("the lab can't be made: ") + error.what());
  } catch (const std::system_error& failed) {
    throw CannotRun("no server for " + name + ": " +
                    port_error(failed.code(), place.ipv4.front(), smtp_port, "MX", ""));
  } catch (const std::invalid_argument& taken) {
    throw CannotRun("in a lab " + std::string(lab::sender_domain) +
                    " is the sender's own domain: " + taken.what());
  }
}

} // namespace tempfail::cli
