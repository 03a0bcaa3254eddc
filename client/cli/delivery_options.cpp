// How to reach the other side.
#include "client/cli/delivery_options.hpp"

#include "base/printable.hpp"
#include "client/cli/command.hpp"
#include "client/cli/input.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <iostream>
#include <map>

namespace tempfail::client {
namespace {

const std::map<std::string, TlsMode> tls_modes{{"never", TlsMode::never},
                                               {"opportunistic", TlsMode::opportunistic},
                                               {"required", TlsMode::required},
                                               {"verified", TlsMode::verified}};

std::string read_password(const std::string& file) {
  if (file.empty()) {
    const char* value = std::getenv("TEMPFAIL_SEND_PASSWORD");
    return value != nullptr ? value : "";
  }
  std::ifstream in = open_input(file);
  std::string password;
  if (!std::getline(in, password)) throw CommandError(exit_no_input, file + ": has no line");
  return password;
}

} // namespace

void add_delivery_options(CLI::App& app, DeliveryOptions& options) {
  DeliverySettings& settings = options.settings;
  const std::string route = "Where to";
  app.add_option("--host", settings.next_hop.host,
                 "Send every message to this host instead of the domains' MX hosts")
      ->type_name("HOST")
      ->group(route);
  app.add_option("--port", settings.next_hop.port, "Port")
      ->capture_default_str()
      ->check(CLI::Range(1, 65535))
      ->group(route);
  app.add_flag("--mx", settings.next_hop.lookup_mx, "--host names a domain: use its MX records")
      ->group(route);
  app.add_option("--resolver", options.deliverer.resolver.servers,
                 "Name servers, such as 127.0.0.1:5353,192.0.2.53; default: the system's")
      ->type_name("ADDRESS")
      ->group(route);
  app.add_flag("-4", options.only_ipv4, "IPv4 only")->group(route);
  app.add_flag("-6", options.only_ipv6, "IPv6 only")->group(route);
  app.add_option("--source", settings.source_address, "Local address to connect from")
      ->type_name("ADDRESS")
      ->group(route);
  app.add_option("--helo", settings.helo_name, "Name given in EHLO; default: this machine's")
      ->type_name("NAME")
      ->group(route);

  const std::string tls = "TLS and AUTH";
  app.add_option("--tls", options.tls,
                 "never, opportunistic, required, or verified (with a valid certificate)")
      ->check(CLI::IsMember(tls_modes))
      ->capture_default_str()
      ->type_name("WHEN")
      ->group(tls);
  app.add_flag("--implicit-tls", settings.next_hop.implicit_tls,
               "TLS from the first byte, as on port 465")
      ->group(tls);
  app.add_option("--ca", options.deliverer.tls.ca_file,
                 "File of certificate authorities to trust instead of the system's (PEM)")
      ->type_name("FILE")
      ->group(tls);
  app.add_option("--cert", options.deliverer.tls.certificate_file,
                 "The client's own certificate (PEM)")
      ->type_name("FILE")
      ->group(tls);
  app.add_option("--key", options.deliverer.tls.key_file, "The key of that certificate (PEM)")
      ->type_name("FILE")
      ->group(tls);
  app.add_option("--user", settings.credentials.user, "User name for AUTH")
      ->type_name("NAME")
      ->group(tls);
  app.add_option("--password-file", options.password_file,
                 "File whose first line is the password; default: $TEMPFAIL_SEND_PASSWORD")
      ->type_name("FILE")
      ->group(tls);
  app.add_flag("--auth-in-clear", settings.credentials.allow_clear_text,
               "Allow AUTH PLAIN and LOGIN without TLS")
      ->group(tls);

  const std::string limits = "Limits and extensions";
  app.add_option(
         "--per-destination", options.deliverer.pool.per_destination,
         "How many connections to one destination at most; fewer while the server reports too many")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000))
      ->group(limits);
  app.add_option("--connections", options.deliverer.pool.total,
                 "How many connections in all at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 19000))
      ->group(limits);
  app.add_option("--messages-per-connection", options.deliverer.pool.messages_per_connection,
                 "How many messages on one connection at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000))
      ->group(limits);
  app.add_option("--idle", options.idle_seconds,
                 "For how many seconds an idle connection is kept open; 0: it is closed at once")
      ->capture_default_str()
      ->group(limits);
  app.add_flag("--no-pipelining", options.no_pipelining, "Don't use PIPELINING")->group(limits);
  app.add_flag("--chunking", options.chunking,
               "Use BDAT instead of DATA if the server offers CHUNKING")
      ->group(limits);
  app.add_flag("--trace", options.trace, "Print every line that is sent and received")
      ->group(limits);
}

void complete_delivery_options(DeliveryOptions& options, double time_scale) {
  DeliverySettings& settings = options.settings;
  settings.tls = tls_modes.at(options.tls);
  settings.pipelining = !options.no_pipelining;
  settings.chunking = options.chunking;
  settings.ipv4 = !options.only_ipv6;
  settings.ipv6 = !options.only_ipv4;
  if (options.only_ipv4 && options.only_ipv6)
    throw CommandError(exit_usage, "-4 and -6 can't be combined");
  if (!settings.credentials.user.empty())
    settings.credentials.password = read_password(options.password_file);
  options.deliverer.time_scale = time_scale;
  options.deliverer.helo_name = settings.helo_name;
  options.deliverer.pool.idle_time = std::chrono::seconds(options.idle_seconds);
  if (options.idle_seconds == 0) options.deliverer.pool.idle_per_destination = 0;
  if (options.trace) {
    options.deliverer.trace = [](std::string_view peer, char direction, std::string_view line) {
      std::cerr << base::printable(peer) << ' ' << direction << ' ' << base::printable(line)
                << '\n';
    };
  }
}

} // namespace tempfail::client
