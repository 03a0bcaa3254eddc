// The life of a triplet: seen, too early, passed, forgotten.
#include "state/greylist.hpp"

#include "scenario/network.hpp"

#include <algorithm>

namespace tempfail::state {

bool Greylist::early(std::string_view client, std::string_view sender, std::string_view recipient,
                     Moment now) {
  key_ = scenario::network_of(client, settings_.ipv4_prefix, settings_.ipv6_prefix);
  key_.append(" <").append(sender).append("> ").append(recipient);
  std::transform(key_.begin(), key_.end(), key_.begin(), [](char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                : character;
  });

  const auto [triplet, is_new] = triplets_.touch(key_);
  if (triplet.passed && now - triplet.last <= settings_.lifetime) {
    triplet.last = now;
    return false;
  }
  if (is_new || triplet.passed || now - triplet.first > settings_.window) {
    triplet = Triplet{now, {}, false};
    if (settings_.delay > Duration::zero()) return true;
  }
  if (now - triplet.first < settings_.delay) return true;
  triplet.passed = true;
  triplet.last = now;
  return false;
}

} // namespace tempfail::state
