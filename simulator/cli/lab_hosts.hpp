// The lab as the commands use it: made with errors of theirs, scenarios served at addresses of their own.
#pragma once

#include "cli/run_options.hpp"
#include "lab/lab.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace tempfail::cli {

class Output;

/// Makes this process able to make labs, and says on `err` when a program in there can't change its user. Before
/// there are threads. CannotRun says what is missing.
void prepare_for_labs(Output& err);
/// CannotRun says what is missing.
std::unique_ptr<lab::Lab> make_lab();

/// UsageError when an option makes no sense in a lab, or when there are more scenarios than addresses.
void check_for_lab(const RunOptions& options, std::size_t scenarios);
/// Settings of servers in a lab: its network, and the sender's own address where --return-to names loopback.
net::Settings settings_in_lab(net::Settings settings, const lab::Lab& lab);

/// Where a scenario listens.
struct LabHost {
  scenario::ScenarioPtr scenario;
  std::string address;
  std::vector<std::uint16_t> ports; ///< the first is the one to send to
  bool implicit_tls = false;
};
/// By the scenario's number from 0: an address of its own; port 25 and 587, 465 where TLS begins with the first byte,
/// and 25 alone where it is about connections that fail.
LabHost host_of(scenario::ScenarioPtr scenario, const RunOptions& options, std::size_t number);
/// Opens all ports of a host. CannotRun when one can't be opened.
void serve(const LabHost& host, lab::Lab& lab, net::Server& server);

} // namespace tempfail::cli
