// A rate the server bears, as a token bucket: so many at once, refilled evenly over the period. What has been drawn and
// is not yet refilled is a fill level, per client or one for all. Pure.
#pragma once

#include "scenario/model.hpp"
#include "state/fill_level.hpp"

#include <string_view>

namespace tempfail::state {

/// Whether one more would be too many.
inline bool is_rate_exceeded(const FillLevel& drawn, const scenario::RateLimit& settings,
                             Moment now) {
  return drawn.level(settings.rate, now) >= settings.rate.amount;
}

/// The level after one was let through.
inline FillLevel after_one_more(FillLevel drawn, const scenario::RateLimit& settings, Moment now) {
  drawn.add(1, settings.rate, now);
  return drawn;
}

/// By what the client is counted.
inline std::string_view rate_key(const scenario::RateLimit& settings, std::string_view client) {
  return settings.per == scenario::KeyedBy::scenario ? std::string_view() : client;
}

} // namespace tempfail::state
