// Windows of protocol time. They are half open: what lasts 0s..10m is over at 10m.
#pragma once

#include "scenario/units.hpp"

#include <vector>

namespace tempfail::state {

inline bool in_window(const scenario::Range<Duration>& window, Duration since_start) {
  return since_start >= window.min && (!window.max || since_start < *window.max);
}

inline bool in_any_window(const std::vector<scenario::Range<Duration>>& windows,
                          Duration since_start) {
  for (const auto& window : windows)
    if (in_window(window, since_start)) return true;
  return false;
}

} // namespace tempfail::state
