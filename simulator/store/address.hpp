// Where a store is, as a user writes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail::store {

struct Address {
  std::string host; ///< empty: `path` is meant
  std::uint16_t port = 6379;
  std::string path; ///< of a Unix socket
  int database = 0;
};

inline constexpr std::string_view allowed_addresses =
    "redis://HOST:PORT, redis://HOST:PORT/DATABASE, unix:PATH";

/// Nothing: it is none of the allowed ones.
std::optional<Address> parse_address(std::string_view text);
/// As it is written.
std::string to_string(const Address& address);

} // namespace tempfail::store
