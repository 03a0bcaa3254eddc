// Lays out the table, and the object with the same content.
#include "cli/lab_table.hpp"

#include "cli/lab_names.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace tempfail::cli {

namespace {

using Json = nlohmann::ordered_json;

/// A line of the table.
struct Row {
  std::string where;
  std::string name;
  std::string what;
};

std::string ports_of(const LabHost& host) {
  std::string text;
  for (const std::uint16_t port : host.place.ports)
    text += (text.empty() ? ":" : ",") + std::to_string(port);
  return text;
}

std::string text_of(const std::string& address) {
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

std::vector<lab::DeadAddress> dead_in(const lab::Lab& lab) {
  std::vector<lab::DeadAddress> result;
  for (const lab::DeadAddress& dead : lab::dead_addresses)
    if (lab.has_ipv6() || dead.address.find(':') == std::string_view::npos) result.push_back(dead);
  return result;
}

} // namespace

std::string lab_table(const std::vector<LabScenario>& served, const lab::Lab& lab,
                      const StandardStream& out) {
  std::vector<Row> rows;
  for (const LabScenario& one : served)
    for (const LabHost& host : one.hosts)
      for (const std::string& address : host.place.all())
        rows.push_back({text_of(address) + ports_of(host),
                        one.scenario->hosts.empty() ? one.scenario->name : host.name,
                        (host.implicit_tls ? "(TLS) " : "") + one.scenario->summary});
  rows.push_back({std::string(lab::sender_mx_ipv4) + ":25", std::string(lab::sender_mx),
                  "mail to your own domain, " + std::string(lab::sender_domain)});
  rows.push_back({name_server_in_lab(), "DNS", "the name server for all of them"});
  for (const lab::DeadAddress& dead : dead_in(lab))
    rows.push_back({std::string(dead.address), "-",
                    "no host: " + std::string(to_string(dead.unreachability))});
  Row widest{"ADDRESS", "SCENARIO", ""};
  std::size_t where_width = columns(widest.where);
  std::size_t name_width = columns(widest.name);
  for (const Row& row : rows) {
    where_width = std::max(where_width, columns(row.where));
    name_width = std::max(name_width, columns(row.name));
  }
  const std::size_t left = where_width + name_width + 4;
  const std::size_t rest = std::max<std::size_t>(out.width() - std::min(left, out.width()), 20);
  std::string text =
      out.styled(Style::bold, padded(widest.where, where_width) + "  " +
                                  padded(widest.name, name_width) + "  WHAT HAPPENS") +
      '\n';
  for (const Row& row : rows)
    text += padded(row.where, where_width) + "  " + out.styled(Style::cyan, row.name) +
            std::string(name_width - columns(row.name) + 2, ' ') + cut(row.what, rest) + '\n';
  text += "You are " + std::string(lab::sender_name) + ", " + std::string(lab::sender_ipv4);
  if (lab.has_ipv6()) text += ", " + std::string(lab::sender_ipv6);
  return text + "; this network is sealed.\n";
}

Json lab_json(const std::vector<LabScenario>& served, const lab::Lab& lab) {
  Json endpoints = Json::array();
  for (const LabScenario& one : served)
    for (const LabHost& host : one.hosts)
      for (const std::string& address : host.place.all())
        for (const std::uint16_t port : host.place.ports)
          endpoints.push_back({{"scenario", one.scenario->name},
                               {"host", host.name},
                               {"address", address},
                               {"port", port},
                               {"tls", host.implicit_tls}});
  Json dead = Json::array();
  for (const lab::DeadAddress& address : dead_in(lab))
    dead.push_back({{"address", address.address}, {"why", to_string(address.unreachability)}});
  Json addresses = Json::array({lab::sender_ipv4});
  if (lab.has_ipv6()) addresses.push_back(lab::sender_ipv6);
  return Json{{"pid", ::getpid()},
              {"version", TEMPFAIL_VERSION},
              {"sender",
               {{"name", lab::sender_name},
                {"addresses", std::move(addresses)},
                {"mx", {{"name", lab::sender_mx}, {"address", lab::sender_mx_ipv4}}}}},
              {"name_server", lab::name_server_ipv4},
              {"endpoints", std::move(endpoints)},
              {"dead", std::move(dead)}};
}

} // namespace tempfail::cli
