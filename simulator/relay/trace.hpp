// The trace that each host puts before a message that it forwards (RFC 5321 section 4.4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::relay {

/// A moment as RFC 5322 section 3.3 writes it, in UTC: "Sun, 22 Nov 2026 00:17:18 +0000".
std::string date_text(std::int64_t unix_seconds);

/// Who handed a message over, and to whom.
struct Hop {
  std::string_view helo;    ///< what the client called itself
  std::string_view client;  ///< its address
  std::string_view by;      ///< the host that took it
  std::uint64_t number = 0; ///< of the message at that host
  std::int64_t unix_seconds = 0;
};

/// "Received: from … by … with ESMTP id …; date", its line ended.
std::string received_field(const Hop& hop);

} // namespace tempfail::relay
