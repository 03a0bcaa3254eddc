// What a server says it can do, in its reply to EHLO.
#pragma once

#include "client/protocol/reply.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tempfail::client {

/// The service extensions of an EHLO reply. Default: none, as after HELO.
struct Capabilities {
  bool pipelining = false;                 ///< RFC 2920
  bool chunking = false;                   ///< RFC 3030
  bool size = false;                       ///< RFC 1870
  bool eight_bit = false;                  ///< RFC 6152
  bool smtputf8 = false;                   ///< RFC 6531
  bool dsn = false;                        ///< RFC 3461
  bool starttls = false;                   ///< RFC 3207
  bool requiretls = false;                 ///< RFC 8689
  std::optional<std::uint64_t> size_limit; ///< SIZE's number, if it gave one other than 0
  std::vector<std::string> auth;           ///< AUTH's mechanisms, in upper case

  static Capabilities parse(const Reply& ehlo_reply);
  bool offers_auth(std::string_view mechanism) const;
};

} // namespace tempfail::client
