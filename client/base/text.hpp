// The spelling of durations and moments.
#pragma once

#include "base/duration.hpp"
#include "client/base/clock.hpp"

#include <string>
#include <string_view>

namespace tempfail::client {

using base::parse_duration;
using base::to_string;

/// Rounded to its two largest units, for tables: "1h 12m".
std::string approximate(Duration duration);
/// RFC 3339 with milliseconds, in UTC: "2024-03-01T12:00:00.250Z".
std::string to_rfc3339(Moment at);
/// RFC 5322 date-time, in UTC: "Fri, 01 Mar 2024 12:00:00 +0000".
std::string to_rfc5322(Moment at);

} // namespace tempfail::client
