// `delay`: a duration, or a range of them.
#include "faults/delay.hpp"

#include "scenario/read_value.hpp"

namespace tempfail::faults {

std::optional<Delay> Delay::read(const scenario::Value& value, scenario::Mistakes& mistakes) {
  const auto range = scenario::read_duration_range(value, mistakes);
  if (!range) return std::nullopt;
  if (!range->max || *range->max == Duration::zero()) {
    mistakes.add(value.at, scenario::shown(value) + " is not a valid delay",
                 "30s, 1s..5s; without end: `stall`");
    return std::nullopt;
  }
  return Delay{range->min, *range->max};
}

} // namespace tempfail::faults
