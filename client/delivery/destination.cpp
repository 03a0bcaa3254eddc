// Groups recipients by where their mail goes.
#include "client/delivery/deliverer.hpp"

#include <map>
#include <numeric>

namespace tempfail::client {

std::vector<std::vector<std::size_t>> group_by_destination(std::span<const Recipient> recipients,
                                                           const NextHop& next_hop) {
  std::vector<std::vector<std::size_t>> groups;
  if (recipients.empty()) {
    return groups;
  }
  if (!next_hop.host.empty()) {
    groups.emplace_back(recipients.size());
    std::iota(groups.front().begin(), groups.front().end(), std::size_t{0});
    return groups;
  }
  std::map<std::string, std::size_t> group_of_domain;
  for (std::size_t index = 0; index < recipients.size(); ++index) {
    const auto [place, added] =
        group_of_domain.try_emplace(domain_of(recipients[index].address), groups.size());
    if (added) {
      groups.emplace_back();
    }
    groups[place->second].push_back(index);
  }
  return groups;
}

} // namespace tempfail::client
