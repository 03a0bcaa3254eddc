// `drip`: how many bytes, and how often.
#include "faults/drip.hpp"

#include "scenario/read_value.hpp"

namespace tempfail::faults {

namespace {

constexpr std::uint64_t drip_limit = std::uint64_t{1} << 20U;

} // namespace

std::optional<Drip> Drip::read(const scenario::Value& value, scenario::Mistakes& mistakes) {
  const scenario::Map members(value, map, mistakes);
  Drip drip;
  if (const auto* const bytes = members.find("bytes"))
    drip.bytes = scenario::read_count(*bytes, 1, drip_limit, mistakes).value_or(1);
  if (const auto* const every = members.find("every"))
    drip.every = scenario::read_positive_duration(*every, mistakes).value_or(Duration(1));
  return drip;
}

} // namespace tempfail::faults
