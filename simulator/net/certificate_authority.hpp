// The certificate authority of servers that several processes serve.
#pragma once

#include <memory>

namespace tempfail::net {

struct Identity;

/// As each server makes one for itself, for ServerSettings::certificate_authority. Throws std::runtime_error when
/// OpenSSL refuses.
std::shared_ptr<const Identity> make_shared_certificate_authority();

} // namespace tempfail::net
