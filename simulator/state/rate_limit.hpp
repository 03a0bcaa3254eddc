// A rate the server bears, as a token bucket: so many at once, refilled evenly over the period.
#pragma once

#include "scenario/model.hpp"
#include "state/key_table.hpp"
#include "state/tank.hpp"

#include <string_view>

namespace tempfail::state {

/// Per client, or one for all.
class RateLimit {
 public:
  explicit RateLimit(const scenario::RateLimit& settings, std::size_t limit = key_limit)
      : settings_(settings), drawn_(limit) {}

  /// Whether one more would be too many.
  bool over(std::string_view client, Moment now);
  void draw(std::string_view client, Moment now);

 private:
  Tank& drawn(std::string_view client);

  scenario::RateLimit settings_;
  KeyTable<Tank> drawn_; ///< what has been drawn and not yet refilled
};

} // namespace tempfail::state
