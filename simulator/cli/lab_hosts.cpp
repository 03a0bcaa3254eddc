// Puts scenarios on the simulator's side of a lab.
#include "cli/lab_hosts.hpp"

#include "cli/error.hpp"
#include "cli/terminal.hpp"
#include "lab/missing.hpp"
#include "lab/users.hpp"

#include <system_error>

namespace tempfail::cli {

namespace {

constexpr std::uint16_t smtp = 25;
constexpr std::uint16_t submission = 587;
constexpr std::uint16_t submissions = 465;

[[noreturn]] void complain(const lab::Unavailable& error) {
  throw CannotRun(std::string("the lab can't be made: ") + error.what());
}

} // namespace

void prepare_for_labs(Output& err) {
  try {
    std::string why;
    if (lab::become_able(why) == lab::Users::one)
      err.write("tempfail: in the lab you are root and nobody else exists, so a program that "
                "changes its user fails "
                "there: run as root, or with a range of users (" +
                why + ")\n");
  } catch (const lab::Unavailable& error) {
    complain(error);
  }
}

std::unique_ptr<lab::Lab> make_lab() {
  try {
    return std::make_unique<lab::Lab>();
  } catch (const lab::Unavailable& error) {
    complain(error);
  }
}

void check_for_lab(const RunOptions& options, std::size_t scenarios) {
  if (options.bind_address != RunOptions().bind_address)
    throw UsageError("--bind " + options.bind_address +
                     ": a lab has addresses of its own; leave it out");
  if (scenarios > lab::most_hosts)
    throw UsageError(std::to_string(scenarios) + " scenarios, and a lab has " +
                     std::to_string(lab::most_hosts) + " addresses for them; name fewer");
}

net::Settings settings_in_lab(net::Settings settings, const lab::Lab& lab) {
  settings.network = lab.network();
  if (is_loopback(settings.return_address)) settings.return_address = lab::sender_ipv4;
  return settings;
}

LabHost host_of(scenario::ScenarioPtr scenario, const RunOptions& options, std::size_t number) {
  LabHost host;
  host.address = lab::host_ipv4(number);
  host.implicit_tls =
      net::served_as(scenario->server, settings_of(options)) == scenario::TlsMode::implicit;
  if (host.implicit_tls)
    host.ports = {submissions};
  else if (scenario->server.listen)
    host.ports = {smtp};
  else
    host.ports = {smtp, submission};
  host.scenario = std::move(scenario);
  return host;
}

void serve(const LabHost& host, lab::Lab& lab, net::Server& server) {
  try {
    lab.add_host(host.address);
    for (const std::uint16_t port : host.ports)
      server.serve(host.scenario, host.address, port);
  } catch (const lab::Unavailable& error) {
    complain(error);
  } catch (const std::system_error& failed) {
    throw CannotRun("no server for " + host.scenario->name + " at " + host.address + ": " +
                    failed.code().message());
  }
}

} // namespace tempfail::cli
