// `stall`: for a duration, or until the client gives up.
#include "faults/stall.hpp"

#include "scenario/read_value.hpp"

namespace tempfail::faults {

std::optional<Stall> Stall::read(const scenario::Value& value, scenario::Mistakes& mistakes) {
  const auto duration = scenario::read_positive_duration(value, mistakes);
  return duration ? std::optional<Stall>(Stall{duration}) : std::nullopt;
}

void Stall::perform(Output& output) const {
  if (duration)
    output.wait(*duration);
  else
    output.fall_silent();
}

} // namespace tempfail::faults
