// How to reach the other side: the options that `send` and `run` share, and what they amount to.
#pragma once

#include "client/delivery/deliverer.hpp"
#include "client/delivery/smtp_deliverer.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
} // namespace CLI

namespace tempfail::client {

/// As given on the command line.
struct DeliveryOptions {
  DeliverySettings settings{};
  DelivererOptions deliverer{};
  std::string tls = "opportunistic";
  std::string password_file{};
  bool no_pipelining = false;
  bool chunking = false;
  bool only_ipv4 = false;
  bool only_ipv6 = false;
  bool trace = false;
  unsigned idle_seconds = 20;
};

void add_delivery_options(CLI::App& app, DeliveryOptions& options);

/// Puts together what the options say, once they are all read; a password comes from its file or from
/// $TEMPFAIL_SEND_PASSWORD, never from the command line.
void complete_delivery_options(DeliveryOptions& options, double time_scale);

} // namespace tempfail::client
