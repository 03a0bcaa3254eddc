// `throttle`: bytes per duration.
#include "faults/throttle.hpp"

#include "scenario/read_value.hpp"

namespace tempfail::faults {

std::optional<Throttle> Throttle::read(const scenario::Value& value, scenario::Mistakes& mistakes) {
  const auto rate = scenario::read_byte_rate(value, mistakes);
  return rate ? std::optional<Throttle>(Throttle{*rate}) : std::nullopt;
}

} // namespace tempfail::faults
