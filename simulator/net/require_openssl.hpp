// What the files that make TLS material have in common.
#pragma once

#include "net/tls_material.hpp"

#include <stdexcept>
#include <string>

namespace tempfail::net {

inline constexpr long seconds_per_day = 24L * 60 * 60; ///< seconds

/// Throws std::runtime_error with what was being made and OpenSSL's own words.
inline void require_openssl(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("TLS, ") + what + ": " + openssl_error());
}

} // namespace tempfail::net
