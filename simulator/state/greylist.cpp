// The life of a triplet: seen, too early, passed, forgotten.
#include "state/greylist.hpp"

#include "scenario/address_range.hpp"
#include "state/lower_case.hpp"
#include "wire/address.hpp"

namespace tempfail::state {

void append_triplet_key(const scenario::Greylist& settings, std::string_view client,
                        std::string_view sender, std::string_view recipient, std::string& out) {
  const std::size_t begin = out.size();
  out += scenario::address_range_of(client, settings.ipv4_prefix, settings.ipv6_prefix);
  out.append(" <").append(wire::untagged_sender(sender)).append("> ").append(recipient);
  make_lower(out, begin);
}

SeenTriplet record_triplet(Triplet triplet, const scenario::Greylist& settings, Moment now) {
  if (triplet.passed && now - triplet.last <= settings.lifetime) {
    triplet.last = now;
    return {triplet, false};
  }
  if (!triplet.known || triplet.passed || now - triplet.first > settings.window) {
    triplet = Triplet{true, now, {}, false};
    if (settings.delay > Duration::zero()) return {triplet, true};
  }
  if (now - triplet.first < settings.delay) return {triplet, true};
  triplet.passed = true;
  triplet.last = now;
  return {triplet, false};
}

} // namespace tempfail::state
