// What `serve` and `test` share: address, clock, seed, TLS.
#pragma once

#include "net/server.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace tempfail::cli {

class StandardStream;

struct RunOptions {
  std::string bind_address = "127.0.0.1";
  double time_scale = 1;
  std::uint64_t seed = 1;
  bool starttls = false;
  bool tls = false;
  bool no_close_notify = false;
  bool auth = false;      ///< AUTH is offered in every scenario
  std::string tls_policy; ///< what the sender under test was told; empty: nothing
  std::string role;       ///< of the sender, "queueing" or "one-shot"; empty: not declared
  std::vector<std::string> without; ///< features that the sender lacks
  bool scaled_timeouts = false;     ///< the sender divides its time-outs by the time scale
  std::string queue_lifetime; ///< after which the sender gives a message up; empty: not declared

  /// On a port that speaks TLS from the first byte there is no clear text to fall back to.
  scenario::TlsPolicy policy() const {
    using scenario::TlsPolicy;
    const auto policy = scenario::find_tls_policy(tls_policy).value_or(TlsPolicy::opportunistic);
    return tls && policy == TlsPolicy::opportunistic ? TlsPolicy::required : policy;
  }
  /// The same in a word; "none": the sender does no TLS.
  std::string tls_policy_word() const {
    return tls_policy == "none" ? tls_policy : std::string(to_string(policy()));
  }
  bool is_without(std::string_view what) const {
    return std::find(without.begin(), without.end(), what) != without.end();
  }
  /// Notifications for the sender's own domain are known to come to the case: its adapter sees to that.
  bool notifications_come = false;
  std::string dns;           ///< where names are served: PORT, or ADDRESS:PORT; empty: they are not
  std::string sender_server; ///< the sender's own server: PORT, or ADDRESS:PORT
  std::string sender_host = std::string(scenario::default_sender_host); ///< name of its host
};

/// Adds what is said about the servers: --bind, --time-scale, --seed, --starttls, --tls, --auth and so on; and what is
/// declared about the sender.
void add_run_options(CLI::App& parser, RunOptions& options);
/// UsageError when a value makes no sense.
void check_run_options(const RunOptions& options);
net::ServerSettings settings_of(const RunOptions& options);
/// With --tls: those that can be served so. Says on `err` which are left out; UsageError when none is left.
std::vector<scenario::ScenarioPtr>
scenarios_for_tls_option(std::vector<scenario::ScenarioPtr> scenarios, const RunOptions& options,
                         StandardStream& err);
/// Whether only this machine can reach the address.
bool is_loopback(const std::string& address);

/// First event of every journal: before any server is there.
void record_run(journal::Recorder& recorder, const RunOptions& options, double time_scale);

} // namespace tempfail::cli
