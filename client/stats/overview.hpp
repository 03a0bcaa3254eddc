// All the figures about a queue at one moment, and their forms.
#pragma once

#include "client/queue/queue.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::client {

/// A duration as figures for programs have it.
inline double seconds(Duration duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

/// The figures. Counts are since the queue was made, across processes.
struct Overview {
  Moment now{};
  std::map<RecipientState, std::uint64_t> states{}; ///< unsettled recipients
  std::optional<Duration> oldest{};                 ///< age of the oldest unfinished message
  std::map<unsigned, std::uint64_t> retry_counts{}; ///< unsettled recipients by tries made
  std::map<std::string, std::uint64_t>
      due_within{};                   ///< waiting recipients due within "1h" from now
  std::optional<Duration> next_try{}; ///< from now; zero when overdue
  std::vector<TryCounts> tries{};
  std::vector<HostCounts> hosts{};
  std::map<std::string, std::uint64_t> counters{};

  std::uint64_t tries_with(std::string_view fate) const; ///< name(Fate)
};

Overview overview(Queue& queue, Moment now);

/// Tables for people.
std::string show_stats(const Overview& overview);
std::string stats_as_json(const Overview& overview);
/// Prometheus' text exposition format, version 0.0.4.
std::string stats_for_prometheus(const Overview& overview);

} // namespace tempfail::client
