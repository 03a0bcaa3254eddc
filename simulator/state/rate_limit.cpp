// The token bucket: its emptiness is a tank's level.
#include "state/rate_limit.hpp"

namespace tempfail::state {

Tank& RateLimit::drawn(std::string_view client) {
  return drawn_.touch(settings_.per == scenario::Per::scenario ? std::string_view() : client).value;
}

bool RateLimit::over(std::string_view client, Moment now) {
  return drawn(client).level(settings_.rate, now) >= settings_.rate.amount;
}

void RateLimit::draw(std::string_view client, Moment now) {
  drawn(client).add(1, settings_.rate, now);
}

} // namespace tempfail::state
