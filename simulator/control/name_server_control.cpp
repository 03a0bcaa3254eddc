// Steers a name server, and remembers what it was asked.
#include "control/name_server_control.hpp"

#include "base/ascii.hpp"
#include "control/refusal.hpp"
#include "net/name_server.hpp"
#include "scenario/hosts.hpp"
#include "scenario/read_record.hpp"

#include <boost/asio/ip/address_v4.hpp>

#include <algorithm>
#include <utility>

namespace tempfail::control {

namespace {

/// As names are compared: in lower case, without the dot at the end.
std::string plain(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return base::lower(name);
}

/// Whether the name is the domain, or below it.
bool is_within(const std::string& name, const std::string& domain) {
  return name == domain || name.ends_with("." + domain);
}

} // namespace

NameServerControl::NameServerControl(net::NameServer* server,
                                     std::vector<scenario::ScenarioPtr> scenarios,
                                     const Limits& limits)
    : server_(server), scenarios_(std::move(scenarios)), limits_(limits) {}

net::NameServer& NameServerControl::server() const {
  if (server_ != nullptr) return *server_;
  throw Refusal(RefusalKind::conflict, "this server has no name server",
                "a server that was made with \"names\": true (serve --dns)");
}

NameServerAddress NameServerControl::place() const {
  return {server().address(), server().port()};
}

NameServerView NameServerControl::view(const std::vector<EndpointView>& endpoints) const {
  NameServerView view;
  view.place = place();
  for (const scenario::ScenarioPtr& scenario : scenarios_)
    for (const std::string& domain : scenario::dns_settings_of(*scenario).domains)
      view.domains.push_back(plain(domain));
  for (const EndpointView& one : endpoints) {
    if (one.endpoint.host.empty()) continue;
    const std::string name = plain(one.endpoint.host);
    const auto known = std::find_if(view.hosts.begin(), view.hosts.end(),
                                    [&](const NameView& host) { return host.name == name; });
    if (known == view.hosts.end())
      view.hosts.push_back({name, {one.endpoint.address}});
    else
      known->addresses.push_back(one.endpoint.address);
  }
  for (const auto& [name, address] : set_)
    view.set.push_back({name, {address}});
  view.queries = queries_.size() + dropped_;
  view.dropped = dropped_;
  return view;
}

void NameServerControl::set(const std::string& name, const std::string& address) {
  net::NameServer& to = server();
  const std::string key = plain(name);
  if (!scenario::is_domain_name(key))
    throw Refusal(RefusalKind::invalid, name + " is not a valid name of a host",
                  "mail.example.test");
  for (const scenario::ScenarioPtr& scenario : scenarios_)
    for (const std::string& domain : scenario::dns_settings_of(*scenario).domains)
      if (is_within(key, plain(domain)))
        throw Refusal(RefusalKind::conflict, key + " is a name of the scenario " + scenario->name +
                                                 ", which says what it answers");
  boost::system::error_code error;
  boost::asio::ip::make_address_v4(address, error);
  if (error)
    throw Refusal(RefusalKind::invalid, "`address` " + address + " is not an address of IPv4",
                  "127.0.0.1");
  if (!set_.contains(key) && set_.size() >= limits_.names)
    throw Refusal(RefusalKind::full, "there are " + std::to_string(set_.size()) + " names already");
  to.set_host(key, address);
  set_[key] = address;
}

void NameServerControl::remove(const std::string& name) {
  net::NameServer& from = server();
  const std::string key = plain(name);
  if (set_.erase(key) == 0)
    throw Refusal(RefusalKind::unknown, "no request has set the name " + name);
  from.remove_host(key);
}

void NameServerControl::note(const journal::Event& event, std::uint64_t position,
                             const std::function<std::string(std::uint32_t)>& scenario_of) {
  const auto* query = std::get_if<journal::event::Query>(&event.body);
  if (query == nullptr) return;
  QueryView view;
  view.scenario = scenario_of(event.server);
  view.client = query->client;
  view.transport = scenario::to_string(query->transport);
  view.name = plain(query->name);
  view.type = query->type;
  view.answer = query->answer;
  view.records = query->records;
  view.other_faults = query->other_faults;
  view.answered = query->answered.has_value();
  view.truncated = query->truncated;
  view.met = query->met;
  view.time = event.time;
  view.position = position;
  queries_.push_back(std::move(view));
  if (queries_.size() <= limits_.queries) return;
  queries_.pop_front();
  ++dropped_;
}

std::vector<QueryView> NameServerControl::queries(const QueryFilter& filter,
                                                  std::uint64_t after) const {
  server(); // whoever asks where there is none is told so
  const std::string name = plain(filter.name);
  const std::string type = base::upper(filter.type);
  std::vector<QueryView> list;
  for (const QueryView& query : queries_)
    if (query.position > after && (name.empty() || query.name == name) &&
        (type.empty() || query.type == type))
      list.push_back(query);
  if (filter.last != 0 && list.size() > filter.last)
    list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(filter.last));
  return list;
}

} // namespace tempfail::control
