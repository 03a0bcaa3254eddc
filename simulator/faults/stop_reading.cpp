// `stop-reading`: for a duration, or for ever.
#include "faults/stop_reading.hpp"

#include "scenario/read_value.hpp"

namespace tempfail::faults {

std::optional<StopReading> StopReading::read(const scenario::Value& value,
                                             scenario::Mistakes& mistakes) {
  const auto duration = scenario::read_positive_duration(value, mistakes);
  return duration ? std::optional<StopReading>(StopReading{duration}) : std::nullopt;
}

} // namespace tempfail::faults
