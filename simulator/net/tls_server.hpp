// A server's TLS: a profile (what is wrong with it, as data) turned into certificates and an OpenSSL context.
#pragma once

#include "net/tls_material.hpp"
#include "net/tls_stream.hpp"
#include "scenario/tls.hpp"

#include <string>
#include <vector>

namespace tempfail::net {

/// What one scenario's connections do TLS with. Stays where it is: OpenSSL's callbacks point to it.
class TlsServer {
 public:
  /// `names`: host names and addresses of the server, its own name first. `waits_for_keys`: it is whole when it is
  /// there; else a key that takes long to make is waited for at the first use. `authority` outlives it. Throws
  /// std::runtime_error when OpenSSL can't do what the profile asks for.
  TlsServer(const Identity& authority, const scenario::TlsProfile& profile,
            std::vector<std::string> names, bool waits_for_keys = true);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  SSL_CTX* context() {
    finish();
    return context_.get();
  }
  /// Whether a connection ends with close_notify.
  bool says_close_notify() const { return profile_.close_notify; }
  const Identity& leaf() {
    finish();
    return leaf_;
  }

 private:
  struct Callbacks;

  void finish();
  LeafKey key_kind() const;
  void make_certificate(const Identity& authority);
  void set_versions_and_ciphers();
  void set_diffie_hellman();
  void set_callbacks();

  const Identity* authority_; ///< null: it is finished
  scenario::TlsProfile profile_;
  std::vector<std::string> names_;
  Identity leaf_;
  std::vector<Certificate> chain_; ///< sent behind the leaf
  std::string staple_;             ///< OCSP response, DER; empty: none
  SslContext context_;
};

} // namespace tempfail::net
