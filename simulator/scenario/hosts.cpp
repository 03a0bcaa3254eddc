// Hosts and names where the file says nothing of them.
#include "scenario/hosts.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tempfail::scenario {

std::string domain_of(const Scenario& scenario) {
  if (scenario.names && !scenario.names->domains.empty()) return scenario.names->domains.front();
  return scenario.name + ".test";
}

std::vector<std::string> written_domains_of(const Scenario& scenario) {
  const DnsSettings names = dns_settings_of(scenario);
  return names.written.empty() ? names.domains : names.written;
}

bool has_u_labels(const Scenario& scenario) {
  return dns_settings_of(scenario).domains != written_domains_of(scenario);
}

std::vector<Host> hosts_of(const Scenario& scenario) {
  if (!scenario.hosts.empty()) return scenario.hosts;
  Host host;
  host.label = default_host_label;
  host.name = std::string(default_host_label) + "." + domain_of(scenario);
  host.server = scenario.server;
  return {host};
}

DnsSettings dns_settings_of(const Scenario& scenario) {
  DnsSettings names = scenario.names.value_or(DnsSettings());
  const std::string domain = domain_of(scenario);
  if (names.domains.empty()) names.domains.push_back(domain);
  if (!names.records.empty()) return names;
  constexpr int step = 10;
  int preference = 0;
  for (const Host& host : hosts_of(scenario)) {
    if (host.decoy) continue;
    preference += step;
    names.records.push_back({domain,
                             RecordType::mx,
                             std::to_string(preference) + " " + host.name + ".",
                             {},
                             std::nullopt});
  }
  return names;
}

namespace {

/// What an MX record says.
MailExchange exchange_in(const Record& record) {
  const std::size_t blank = record.data.find(' ');
  MailExchange exchange{record.owner, 0, record.data.substr(blank + 1)};
  std::from_chars(record.data.data(), record.data.data() + blank, exchange.preference);
  if (exchange.host.ends_with('.')) exchange.host.pop_back();
  return exchange;
}

/// Whether this name has the host's addresses, by itself, by records of its own or as an alias.
bool is_name_of(const DnsSettings& names, std::string_view name, const Host& host,
                unsigned aliases = 0) {
  constexpr unsigned max_aliases = 8; // they may go round in circles
  if (name == host.name) return true;
  return std::any_of(names.records.begin(), names.records.end(), [&](const Record& record) {
    if (record.owner != name) return false;
    if (record.type != RecordType::cname) return record.host == host.name;
    std::string_view target = record.data;
    if (target.ends_with('.')) target.remove_suffix(1);
    return aliases < max_aliases && is_name_of(names, target, host, aliases + 1);
  });
}

} // namespace

bool takes_mail(const Scenario& scenario, const Host& host) {
  if (host.decoy) return false;
  const DnsSettings names = dns_settings_of(scenario);
  bool any = false;
  const auto leads_here = [&](const Record& record) {
    if (record.type != RecordType::mx || record.owner != names.domains.front()) return false;
    any = true;
    return is_name_of(names, exchange_in(record).host, host);
  };
  if (std::any_of(names.records.begin(), names.records.end(), leads_here)) return true;
  for (const NameRule& rule : names.answers)
    if (std::any_of(rule.answer.records.begin(), rule.answer.records.end(), leads_here))
      return true;
  return !any;
}

std::vector<MailExchange> mail_exchanges_of(const Scenario& scenario) {
  std::vector<MailExchange> exchanges;
  const DnsSettings names = dns_settings_of(scenario);
  for (const Record& record : names.records)
    if (record.type == RecordType::mx) exchanges.push_back(exchange_in(record));
  return exchanges;
}

bool needs_name_server(const Scenario& scenario) {
  return scenario.names.has_value() || !scenario.hosts.empty();
}

bool needs_ipv6(const Scenario& scenario) {
  return std::any_of(scenario.hosts.begin(), scenario.hosts.end(), [](const Host& host) {
    return std::find(host.addresses.begin(), host.addresses.end(), AddressFamily::ipv6) !=
           host.addresses.end();
  });
}

bool needs_router(const Scenario& scenario) {
  const auto unreachable = [](const Server& server) {
    return server.listen && is_router_answer(server.listen->answer);
  };
  return unreachable(scenario.server) ||
         std::any_of(scenario.hosts.begin(), scenario.hosts.end(),
                     [&](const Host& host) { return unreachable(host.server); });
}

bool needs_lab(const Scenario& scenario) {
  return needs_ipv6(scenario) || needs_router(scenario);
}

} // namespace tempfail::scenario
