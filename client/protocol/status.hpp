// The enhanced status code of RFC 3463, "4.3.2", as a value.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail::client {

/// An enhanced status code (RFC 3463): class 2 is success, 4 transient, 5 permanent.
struct Status {
  std::uint16_t class_digit = 0; ///< 2, 4 or 5; 0: no status
  std::uint16_t subject = 0; ///< what it is about: 1 address, 2 mailbox, 3 system, 4 network, …
  std::uint16_t detail = 0;  ///< what exactly

  /// Reads a status off the front of a reply's text; nothing unless it is well formed and ends
  /// there or at a space.
  static std::optional<Status> parse(std::string_view text);

  bool empty() const { return class_digit == 0; }
  std::string text() const; ///< "4.3.2"; "" when empty
  auto operator<=>(const Status&) const = default;
};

/// What a message that must not go without TLS is returned with (RFC 8689 section 4.2.1).
inline constexpr Status requiretls_needed{5, 7, 30}; ///< a server does not offer REQUIRETLS
inline constexpr Status encryption_needed{5, 7, 10}; ///< there is no verified TLS session

} // namespace tempfail::client
