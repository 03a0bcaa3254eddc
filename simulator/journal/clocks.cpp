// A server's clock is behind by no more than each later entry of the server is.
#include "journal/clocks.hpp"

#include <algorithm>
#include <map>

namespace tempfail::journal {

std::vector<Duration> clocks_behind(std::span<const Sent> entries, Duration tolerated) {
  std::vector<Duration> behind;
  behind.reserve(entries.size());
  Moment latest = Moment::min();
  for (const Sent& entry : entries) {
    latest = std::max(latest, entry.at);
    behind.push_back(latest - entry.at);
  }
  std::map<std::string_view, Duration> at_most;
  for (std::size_t i = entries.size(); i > 0; --i) {
    const auto [least, is_last] = at_most.try_emplace(entries[i - 1].node, behind[i - 1]);
    least->second = std::min(least->second, behind[i - 1]);
    behind[i - 1] = least->second > tolerated ? least->second : Duration::zero();
  }
  return behind;
}

} // namespace tempfail::journal
