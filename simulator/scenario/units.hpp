// Amounts as a scenario file writes them: durations (30m, 1h30m), sizes (256KB), rates (64KB per 1m),
// ranges (30m..4h, 1..2). One place for their spelling, both ways.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail {

/// Protocol time: what the RFCs' figures are measured in. Real time is this divided by the time scale.
using Duration = std::chrono::microseconds;
/// A moment, as protocol time since the run's start.
using Moment = std::chrono::microseconds;

} // namespace tempfail

namespace tempfail::scenario {

/// The longest duration that can be written: ten years. A moment and any duration, and a few of them together, stay
/// far from the end of 64 bits whatever the time scale.
inline constexpr Duration longest_duration = std::chrono::hours(24 * 3660);

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

/// "90s", "1h30m", "250ms", "5d", "0s". Units us ms s m h d w; nothing when malformed or too long.
std::optional<Duration> parse_duration(std::string_view text);
/// Whether a text is a duration, and longer than the longest.
bool is_too_long(std::string_view text);
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

/// The shortest exact spelling: 90 s is "1m30s", 3600 s is "1h".
std::string to_string(Duration duration);
std::string to_string(const Range<Duration>& range);
std::string size_to_string(std::uint64_t bytes);

} // namespace tempfail::scenario
