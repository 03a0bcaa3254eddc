// Amounts as a scenario file writes them: durations (30m, 1h30m), sizes (256KB), rates (64KB per 1m),
// ranges (30m..4h, 1..2). One place for their spelling, both ways; that of a duration is base/duration's.
#pragma once

#include "base/duration.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail {

/// Protocol time: what the RFCs' figures are measured in. Real time is this divided by the time scale.
using Duration = base::Duration;
/// A moment, as protocol time since the run's start.
using Moment = std::chrono::microseconds;

} // namespace tempfail

namespace tempfail::scenario {

using base::exceeds_longest_duration;
using base::longest_duration;
using base::parse_duration;
using base::to_string;

/// A closed range; without `max` it is open above.
template <typename T>
struct Range {
  T min{};
  std::optional<T> max;

  bool contains(T value) const { return value >= min && (!max || value <= *max); }
  friend bool operator==(const Range&, const Range&) = default;
};

/// Bytes, or a count, per stretch of protocol time.
struct Rate {
  std::uint64_t amount = 0;
  Duration per{};
  bool in_steps = false; ///< all of it at the end of each stretch; otherwise evenly

  friend bool operator==(const Rate&, const Rate&) = default;
};

/// So many times a duration, cut to the longest.
Duration multiplied(Duration each, std::uint64_t count);
/// "4096", "64KB", "10 MB", "4096 bytes"; KB = 1024 bytes, MB, GB likewise.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// "64KB per 1m", "10 per 1h", "64KB/1m".
std::optional<Rate> parse_rate(std::string_view text);
/// "64KB every 45m", at once each time, or evenly as a rate.
std::optional<Rate> parse_drain(std::string_view text);
/// "30m..4h", "30m.." and "30m" (exactly).
std::optional<Range<Duration>> parse_duration_range(std::string_view text);
/// "1..2", "3.." and "3".
std::optional<Range<std::uint64_t>> parse_count_range(std::string_view text);

std::string to_string(const Range<Duration>& range);
std::string size_to_string(std::uint64_t bytes);

} // namespace tempfail::scenario
