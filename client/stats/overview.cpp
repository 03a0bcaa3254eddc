// Gathers the figures about a queue.
#include "client/stats/overview.hpp"

#include "client/base/text.hpp"

#include <algorithm>
#include <array>

namespace tempfail::client {
namespace {

/// How far the schedule to come is looked at.
constexpr std::array<Duration, 5> horizons{std::chrono::minutes(10), std::chrono::hours(1),
                                           std::chrono::hours(4), std::chrono::hours(24),
                                           std::chrono::hours(24 * 5)};
constexpr std::size_t max_scheduled = 1'000'000;

} // namespace

std::uint64_t Overview::tries_with(std::string_view fate) const {
  std::uint64_t sum = 0;
  for (const TryCounts& entry : tries) {
    if (entry.fate == fate) sum += entry.count;
  }
  return sum;
}

Overview overview(Queue& queue, Moment now) {
  Overview result;
  result.now = now;
  // One transaction, so that the figures are of one moment.
  queue.together([&] {
    result.states = queue.states();
    if (const auto oldest = queue.oldest_waiting())
      result.oldest = std::max(Duration{}, now - *oldest);
    result.retry_counts = queue.retry_counts();
    const auto schedule = queue.schedule(max_scheduled);
    for (const Duration horizon : horizons) {
      const auto end = std::upper_bound(schedule.begin(), schedule.end(), now + horizon);
      result.due_within[to_string(horizon)] = static_cast<std::uint64_t>(end - schedule.begin());
    }
    if (!schedule.empty()) result.next_try = std::max(Duration{}, schedule.front() - now);
    result.tries = queue.try_counts();
    result.hosts = queue.hosts();
    result.counters = queue.counters();
  });
  return result;
}

} // namespace tempfail::client
