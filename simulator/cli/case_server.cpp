// Opens the server of a case.
#include "cli/case_server.hpp"

#include "cli/dns_options.hpp"
#include "cli/error.hpp"
#include "cli/lab_names.hpp"
#include "cli/port_error.hpp"
#include "net/loopback_addresses.hpp"
#include "net/name_server.hpp"
#include "net/server.hpp"

#include <stdexcept>
#include <system_error>

namespace tempfail::cli {

namespace {

/// The address by which a server that listens there is reached.
std::string connectable(const std::string& address) {
  if (address == "0.0.0.0") return "127.0.0.1";
  if (address == "::") return "::1";
  return address;
}

std::string text_of_place(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

} // namespace

CaseServerAddress case_server_in_lab(const LabScenario& served) {
  CaseServerAddress place;
  place.host = served.address();
  place.port = std::to_string(served.port());
  place.dns = name_server_in_lab();
  return place;
}

CaseServerAddress serve_case(const scenario::ScenarioPtr& scenario, const TestOptions& options,
                             const CaseNetwork& names, net::Server& server) {
  CaseServerAddress place;
  const std::uint16_t port = names.server == nullptr ? 0 : options.port.value_or(mail_port);
  net::Endpoint endpoint;
  try {
    if (names.server == nullptr) {
      endpoint = server.serve(scenario, 0);
      endpoint.address = connectable(options.run.bind_address);
    } else {
      endpoint = server
                     .serve_named(scenario, net::loopback_addresses(*scenario, names.number), port,
                                  *names.server)
                     .front();
      place.dns = text_of_place(names.server->address(), names.server->port());
    }
  } catch (const std::system_error& failed) {
    const std::string why = names.server == nullptr
                                ? failed.code().message()
                                : port_error(failed.code(), "its address", port, "MX", "--port");
    throw CannotRun("no server for " + scenario->name + ": " + why);
  } catch (const std::invalid_argument& wrong) {
    throw CannotRun("the names of " + scenario->name + " can't be served: " + wrong.what());
  }
  place.host = endpoint.address;
  place.port = std::to_string(endpoint.port);
  return place;
}

} // namespace tempfail::cli
