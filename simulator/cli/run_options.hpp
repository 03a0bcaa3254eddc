// What `serve` and `test` share: address, clock, seed, TLS.
#pragma once

#include "net/server.hpp"

#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace tempfail::cli {

struct RunOptions {
  std::string bind_address = "127.0.0.1";
  double time_scale = 1;
  std::uint64_t seed = 1;
  bool starttls = false;
  bool tls = false;
};

/// Adds --bind, --time-scale, --seed, --starttls and --tls.
void add_run_options(CLI::App& parser, RunOptions& options);
/// UsageError when a value makes no sense.
void check(const RunOptions& options);
net::Settings settings_of(const RunOptions& options);
/// Whether only this machine can reach the address.
bool is_loopback(const std::string& address);

/// First event of every journal.
void record_run(journal::Recorder& recorder, const RunOptions& options, double time_scale);

} // namespace tempfail::cli
