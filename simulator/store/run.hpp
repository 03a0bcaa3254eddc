// What all servers of a run have in common, and this one's part in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
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
class RunClock {
 public:
  std::int64_t started_unix_us = 0; ///< by the clock of the store's machine

  /// The store was asked for its time, and gave this one at a moment between question and answer. The quickest of all
  /// answers counts, as if it had been given halfway.
  void told(std::int64_t unix_us, std::chrono::steady_clock::time_point asked,
            std::chrono::steady_clock::time_point answered);
  bool is_known() const { return error_.has_value(); }
  /// When the run started, by this machine's clock; at most error() earlier or later.
  std::chrono::steady_clock::time_point start() const { return start_; }
  std::chrono::microseconds error() const { return error_.value_or(std::chrono::microseconds{}); }

 private:
  std::chrono::steady_clock::time_point start_{};
  std::optional<std::chrono::microseconds> error_;
};

} // namespace tempfail::store
