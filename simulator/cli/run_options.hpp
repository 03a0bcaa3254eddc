// What `serve` and `test` share: address, clock, seed, TLS.
#pragma once

#include "net/server.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tempfail::cli {

class Output;

struct RunOptions {
  std::string bind_address = "127.0.0.1";
  double time_scale = 1;
  std::uint64_t seed = 1;
  bool starttls = false;
  bool tls = false;
  bool no_close_notify = false;
  std::string tls_policy; ///< what the sender under test was told; empty: nothing

  /// On a port that speaks TLS from the first byte there is no clear text to fall back to.
  scenario::TlsPolicy told() const {
    using scenario::TlsPolicy;
    const auto policy = scenario::find_tls_policy(tls_policy).value_or(TlsPolicy::opportunistic);
    return tls && policy == TlsPolicy::opportunistic ? TlsPolicy::required : policy;
  }
  std::string return_to; ///< the sender's own server: PORT, or ADDRESS:PORT
};

/// Adds --bind, --time-scale, --seed, --starttls, --tls and --no-close-notify.
void add_run_options(CLI::App& parser, RunOptions& options);
/// UsageError when a value makes no sense.
void check(const RunOptions& options);
net::Settings settings_of(const RunOptions& options);
/// With --tls: those that can be served so. Says on `err` which are left out; UsageError when none is left.
std::vector<scenario::ScenarioPtr> servable(std::vector<scenario::ScenarioPtr> scenarios,
                                            const RunOptions& options, Output& err);
/// Whether only this machine can reach the address.
bool is_loopback(const std::string& address);

/// First event of every journal.
void record_run(journal::Recorder& recorder, const RunOptions& options, double time_scale);

} // namespace tempfail::cli
