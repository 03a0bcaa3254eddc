// The words of `serve` about itself, for people and for scripts.
#include "cli/serve_table.hpp"

#include "base/printable.hpp"
#include "cli/scenario_json.hpp"
#include "cli/store_options.hpp"
#include "cli/text.hpp"
#include "net/name_server.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace tempfail::cli {

namespace {

using Json = nlohmann::ordered_json;

std::string where(const net::Endpoint& endpoint) {
  const bool v6 = endpoint.address.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.address + "]" : endpoint.address) + ":" +
         std::to_string(endpoint.port);
}

/// A scenario that the shared port can show, where one is served.
std::string example_choice(const ServedScenarios& service) {
  for (const ServedScenario& served : service.served())
    if (!scenario::needs_own_port(served.scenario->server)) return served.scenario->name;
  return service.served().front().scenario->name;
}

/// Of several hosts each has its own.
std::string name_of(const ServedScenario& served) {
  return served.scenario->hosts.empty() ? served.scenario->name : served.endpoint.host;
}

/// The one port of a mix, and what it draws from for the recipients of each domain.
void print_mix(const ServedMix& served, StandardStream& out) {
  const std::string address = where(served.endpoint);
  const std::size_t width = std::max<std::size_t>(columns(address), 7);
  constexpr std::string_view name = "SCENARIO";
  const std::size_t before = width + name.size() + 4;
  const std::size_t rest = std::max<std::size_t>(out.width() - std::min(before, out.width()), 20);
  std::string text =
      out.styled(Style::bold,
                 padded("ADDRESS", width) + "  " + std::string(name) + "  WHAT HAPPENS") +
      '\n' + padded(address, width) + "  " + out.styled(Style::cyan, padded("*", name.size())) +
      "  " + cut("a mix: the recipient's domain and address choose the scenario", rest) + '\n';
  for (const scenario::MixDomain& domain : served.mix->domains)
    text += paragraph(scenario::to_string(domain), before, before + rest);
  out.write(text);
}

} // namespace

void print_table(const ServedScenarios& service, StandardStream& out) {
  if (service.mix()) return print_mix(*service.mix(), out);
  if (service.served().empty()) return;
  std::size_t address_width = 7;
  std::size_t name_width = 8;
  for (const ServedScenario& served : service.served()) {
    address_width = std::max(address_width, columns(where(served.endpoint)));
    name_width = std::max(name_width, columns(name_of(served)));
  }
  const std::size_t left = address_width + 2 + name_width + 2;
  const std::size_t rest = std::max<std::size_t>(out.width() - std::min(left, out.width()), 20);
  const auto row = [&](const std::string& address, const std::string& name,
                       const std::string& text) {
    return padded(address, address_width) + "  " + out.styled(Style::cyan, name) +
           std::string(name_width - std::min(columns(name), name_width) + 2, ' ') +
           cut(text, rest) + '\n';
  };
  const bool mark = service.shared_port().has_value();
  std::string text =
      out.styled(Style::bold, padded("ADDRESS", address_width) + "  " +
                                  padded("SCENARIO", name_width) + "  WHAT HAPPENS") +
      '\n';
  for (const ServedScenario& served : service.served()) {
    std::string what = served.endpoint.implicit_tls ? "(TLS) " : "";
    if (mark && scenario::needs_own_port(served.scenario->server)) what += "(own port only) ";
    text += row(where(served.endpoint), name_of(served), what + served.scenario->summary);
  }
  if (mark)
    text += row(where(*service.shared_port()), "*",
                "shared port, the recipient chooses: anyone@" + example_choice(service) + ".test");
  if (const net::NameServer* const names = service.names())
    text += row(where({"", names->address(), names->port(), false, ""}), "DNS",
                "the name server for all of them");
  out.write(text);
}

void warn_if_reachable(const ServeOptions& options, StandardStream& err) {
  const std::string& address = options.run.bind_address;
  if (!is_loopback(address))
    err.write("tempfail serve: listening on " + address + ": other machines can reach it\n");
}

std::string ready_line(const ServedScenarios& service, const ServeOptions& options,
                       const std::string& url) {
  const std::size_t count = service.scenario_count();
  std::string text = "ready: " + std::to_string(count) + (count == 1 ? " scenario" : " scenarios");
  if (service.mix())
    text += " in a mix for " + counted(service.mix()->mix->domains.size(), "domain");
  if (options.clock == "manual")
    text += ", manual clock";
  else if (options.run.time_scale != 1)
    text += ", time scale " + plain_number(options.run.time_scale);
  if (is_journal_in_store(options))
    text += ", journal in the store";
  else if (!options.journal.empty())
    text += ", journal " + base::printable(options.journal);
  if (!options.control.empty()) text += ", control " + base::printable(options.control);
  if (!url.empty()) text += ", API at " + url;
  return text + "; Ctrl-C stops\n";
}

void print_ready(Json content, StandardStream& out) {
  content["ready"] = true;
  out.write(dump_line(content));
}

Json summary_json(const net::TrafficTotals& totals, std::uint64_t lost) {
  return {{"stopped", true},
          {"connections", totals.connections},
          {"messages_accepted", totals.messages_accepted},
          {"reset", totals.open_sessions},
          {"journal_events_lost", lost}};
}

void print_summary(const net::TrafficTotals& totals, std::uint64_t lost, bool json,
                   StandardStream& out) {
  if (json) {
    out.write(summary_json(totals, lost).dump() + '\n');
    return;
  }
  std::string text = "stopped: " + counted(totals.connections, "connection") + ", " +
                     counted(totals.messages_accepted, "message") + " accepted";
  if (totals.open_sessions > 0)
    text += ", " + counted(totals.open_sessions, "session") + " cut off";
  out.write(text + '\n');
}

} // namespace tempfail::cli
