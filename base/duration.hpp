// The spelling of durations, both ways: "90s", "1h30m", "5d".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail::base {

using Duration = std::chrono::microseconds;

/// The longest duration that can be written: ten years. A moment and any duration, and a few of them together, stay
/// far from the end of 64 bits whatever the time scale.
inline constexpr Duration longest_duration = std::chrono::hours(24 * 3660);

/// "90s", "1h30m", "250ms", "5d", "0s". Units w d h m s ms us, in this order and each at most once; nothing when
/// malformed or too long.
std::optional<Duration> parse_duration(std::string_view text);
/// Whether a text is a duration, and longer than the longest.
bool exceeds_longest_duration(std::string_view text);
/// The shortest exact spelling: 90 s is "1m30s", 3600 s is "1h".
std::string to_string(Duration duration);

} // namespace tempfail::base
