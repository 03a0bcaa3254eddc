// Addresses of hosts that are found by their names, on this machine.
#pragma once

#include "net/server.hpp"

#include <cstddef>
#include <vector>

namespace tempfail::net {

/// Where the hosts of the `number`-th scenario (from 1) listen: each at a loopback address of its own,
/// 127.16.NUMBER.HOST, without which an MX, which has no port, could not tell them apart.
std::vector<HostListenAddresses> loopback_addresses(const scenario::Scenario& scenario,
                                                    std::size_t number);
/// More scenarios have no addresses left.
inline constexpr std::size_t max_loopback_scenarios = 16 * 256 - 1;

} // namespace tempfail::net
