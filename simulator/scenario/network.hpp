// Client addresses and networks as a scenario writes them: "127.0.0.2", "10.0.0.0/8", "::1",
// "2001:db8::/32".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail::scenario {

/// An address and how many of its leading bits count. IPv4 addresses are kept as ::ffff:a.b.c.d, so
/// that both notations of one client are the same.
struct Network {
  std::array<std::uint8_t, 16> bytes{};
  int prefix = 128; ///< of 128 bits

  bool is_ipv4() const;
  bool contains(const Network& address) const;
  friend bool operator==(const Network&, const Network&) = default;
};

/// An address (all bits count) or address/prefix; nothing when malformed.
std::optional<Network> parse_network(std::string_view text);

/// Whether the textual `address` lies in the textual `network`; false when either is malformed.
bool network_contains(std::string_view network, std::string_view address);

/// The network an address belongs to, as a key: "192.0.2.0/24". The address itself when malformed.
std::string network_of(std::string_view address, int ipv4_prefix, int ipv6_prefix);

} // namespace tempfail::scenario
