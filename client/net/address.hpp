// An address to connect to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail::client {

/// An IP address as text, without a port.
struct Address {
  std::string ip{};
  bool v6 = false;

  /// Reads "192.0.2.1", "2001:db8::1", "[192.0.2.1]", "[IPv6:2001:db8::1]"; nothing for a name.
  static std::optional<Address> parse(std::string_view literal);
  bool operator==(const Address&) const = default;
};

/// "192.0.2.1:25", "[2001:db8::1]:25".
std::string with_port(const Address& address, std::uint16_t port);

} // namespace tempfail::client
