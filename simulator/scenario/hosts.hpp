// What a scenario's hosts and names are, also where its file says nothing of them.
#pragma once

#include "scenario/model.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tempfail::scenario {

/// The label of the one host of a scenario whose file names none.
inline constexpr std::string_view default_host_label = "mx";

/// "disk-full.test"
std::string domain_of(const Scenario& scenario);
/// Its domains as recipients are given them: with U-labels where the file has them.
std::vector<std::string> written_domains_of(const Scenario& scenario);
/// Whether a recipient's domain has U-labels.
bool has_u_labels(const Scenario& scenario);
/// The hosts that the file names; else the one server, as mx.NAME.test.
std::vector<Host> hosts_of(const Scenario& scenario);
/// The names that the file gives; else the domain NAME.test, whose MX are the hosts that are no decoys, in order.
DnsSettings dns_settings_of(const Scenario& scenario);
/// Whether mail for the recipients goes to this one of the hosts: an MX of their domain names it, an alias of it or a
/// name with its address; or there is no MX.
bool takes_mail(const Scenario& scenario, const Host& host);
/// What an MX record of the scenario says.
struct MailExchange {
  std::string domain;
  int preference = 0;
  std::string host; ///< absolute; empty: the root (RFC 7505)
};
/// The MX records of its zone, in the order of the file; what a rule about queries says instead is not among them.
std::vector<MailExchange> mail_exchanges_of(const Scenario& scenario);
/// What happens in it is about names or several hosts: a client who is told an address and a port can't meet it.
bool needs_name_server(const Scenario& scenario);
/// A host has an address of IPv6.
bool needs_ipv6(const Scenario& scenario);
/// A host can't be reached, as a router says: no server can do that by itself.
bool needs_router(const Scenario& scenario);
/// It takes a network of its own: loopback has neither.
bool needs_lab(const Scenario& scenario);

} // namespace tempfail::scenario
