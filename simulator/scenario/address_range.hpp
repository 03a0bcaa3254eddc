// Client addresses and ranges of them as a scenario writes them: "127.0.0.2", "10.0.0.0/8", "::1",
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
struct AddressRange {
  std::array<std::uint8_t, 16> bytes{};
  int prefix = 128; ///< of 128 bits

  bool is_ipv4() const;
  bool contains(const AddressRange& address) const;
  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

/// An address (all bits count) or address/prefix; nothing when malformed.
std::optional<AddressRange> parse_address_range(std::string_view text);

/// Whether the textual `address` lies in the textual `range`; false when either is malformed.
bool address_range_contains(std::string_view range, std::string_view address);

/// The range that an address belongs to, as a key: "192.0.2.0/24". The address itself when malformed.
std::string address_range_of(std::string_view address, int ipv4_prefix, int ipv6_prefix);

} // namespace tempfail::scenario
