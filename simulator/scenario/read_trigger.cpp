// Counts, chances and windows of a rule, whatever it is about.
#include "scenario/read_trigger.hpp"

namespace tempfail::scenario {

void read_trigger(const Map& map, Trigger& trigger, Mistakes& mistakes) {
  if (const Value* const attempts = map.find("attempts"))
    trigger.attempts = read_count_range(*attempts, 1, mistakes);
  if (const Member* const times = map.find_member("times")) {
    if (map.has("attempts"))
      mistakes.add(times->at, "`times` and `attempts` can't be combined", "one of them");
    if (const auto count = read_count(times->value, 1, largest_count, mistakes))
      trigger.attempts = Range<std::uint64_t>{1, *count};
  }
  if (const Value* const every = map.find("every"))
    trigger.every = read_count(*every, 2, largest_count, mistakes);
  if (const Value* const chance = map.find("chance"))
    trigger.chance = read_percentage(*chance, mistakes);
  if (const Value* const during = map.find("during"))
    trigger.during = read_window(*during, mistakes);
}

} // namespace tempfail::scenario
