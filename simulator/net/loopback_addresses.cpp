// 127.16.0.0 and on: far from what others use of 127.0.0.0/8.
#include "net/loopback_addresses.hpp"

#include "scenario/hosts.hpp"

#include <string>

namespace tempfail::net {

namespace {

constexpr std::size_t first_block = 16;

} // namespace

std::vector<HostListenAddresses> loopback_addresses(const scenario::Scenario& scenario,
                                                    std::size_t number) {
  std::vector<HostListenAddresses> places;
  std::size_t next = 1;
  for (const scenario::Host& host : scenario::hosts_of(scenario)) {
    HostListenAddresses place;
    for (std::size_t i = 0; i < host.addresses.size(); ++i)
      place.ipv4.push_back("127." + std::to_string(first_block + number / 256) + "." +
                           std::to_string(number % 256) + "." + std::to_string(next++));
    places.push_back(std::move(place));
  }
  return places;
}

} // namespace tempfail::net
