// What all TLS sessions of the process share: trusted authorities, and this side's own certificate.
#pragma once

#include "client/protocol/session_settings.hpp"

#include <memory>
#include <string>

struct ssl_ctx_st;

namespace tempfail::client {

/// Files in PEM. All empty: the system's authorities, no certificate of our own.
struct TlsFiles {
  std::string ca_file{};          ///< trusted instead of the system's
  std::string certificate_file{}; ///< shown to a server that asks for one
  std::string key_file{};
};

/// Owns OpenSSL's contexts. Throws std::runtime_error when a file can't be used.
class TlsContext {
 public:
  explicit TlsContext(const TlsFiles& files);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// The context for a mode. An opportunistic session takes even old versions and weak parameters:
  /// anything is better than clear text (RFC 7435). One that insists on TLS takes TLS 1.2 and up.
  ssl_ctx_st* get(TlsMode mode) const;

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  using Handle = std::unique_ptr<ssl_ctx_st, Free>;

  static Handle make(const TlsFiles& files, bool lenient);

  TlsFiles files_;
  mutable Handle
      strict_; ///< made when first needed: reading all of the system's authorities takes a while
  mutable Handle lenient_;
};

/// The oldest of OpenSSL's errors in this thread, in words; the rest is cleared.
std::string take_tls_error();

} // namespace tempfail::client
