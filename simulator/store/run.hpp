// What all servers of a run have in common, and this one's part in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tempfail::store {

/// For how long a key that nobody uses is kept (REAL time, as all here).
inline constexpr std::chrono::milliseconds kept_unused = std::chrono::hours(24 * 7);
/// How long a server that says nothing counts as alive.
inline constexpr std::chrono::milliseconds node_lease = std::chrono::seconds(10);

/// As the functions of the store are told of it.
struct RunKeys {
  explicit RunKeys(std::string_view name, std::string node_given = {})
      : run("tempfail:" + std::string(name)), node(std::move(node_given)) {}

  std::string run;  ///< what all keys of the run begin with: "tempfail:NAME"
  std::string node; ///< this server, for as long as it runs
  std::string keep = std::to_string(kept_unused.count());
};

/// The key of the stream with the journals of all servers of a run, given what its keys begin with.
inline std::string stream_of(const std::string& run) {
  return run + ":journal";
}

/// Protocol time of the run, which all its servers have.
struct RunClock {
  std::int64_t started_unix_us = 0; ///< by the clock of the store's machine
  std::chrono::microseconds age{};  ///< REAL time since then, when the answer was given
  std::chrono::steady_clock::time_point told_at{}; ///< when this server heard of it
};

} // namespace tempfail::store
