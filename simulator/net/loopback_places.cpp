// 127.16.0.0 and on: far from what others use of 127.0.0.0/8.
#include "net/loopback_places.hpp"

#include "scenario/hosts.hpp"

#include <string>

namespace tempfail::net {

namespace {

constexpr std::size_t first_block = 16;

} // namespace

std::vector<HostPlace> loopback_places(const scenario::Scenario& scenario, std::size_t number) {
  std::vector<HostPlace> places;
  std::size_t next = 1;
  for (const scenario::Host& host : scenario::hosts_of(scenario)) {
    HostPlace place;
    for (std::size_t i = 0; i < host.addresses.size(); ++i)
      place.ipv4.push_back("127." + std::to_string(first_block + number / 256) + "." +
                           std::to_string(number % 256) + "." + std::to_string(next++));
    places.push_back(std::move(place));
  }
  return places;
}

} // namespace tempfail::net
