// The spelling of durations and moments, both ways.
#pragma once

#include "client/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tempfail::client {

/// "90s", "1h30m", "250ms", "5d", "0s". Units us ms s m h d w; nothing when malformed or over ten
/// years.
std::optional<Duration> parse_duration(std::string_view text);
/// The shortest exact spelling: 90 s is "1m30s", 3600 s is "1h".
std::string to_string(Duration duration);
/// Rounded to its two largest units, for tables: "1h 12m".
std::string approximate(Duration duration);
/// RFC 3339 with milliseconds, in UTC: "2024-03-01T12:00:00.250Z".
std::string to_rfc3339(Moment at);
/// RFC 5322 date-time, in UTC: "Fri, 01 Mar 2024 12:00:00 +0000".
std::string to_rfc5322(Moment at);

} // namespace tempfail::client
