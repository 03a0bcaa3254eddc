// One TLS session without a socket: bytes from the network in, bytes for the network out.
#pragma once

#include "client/net/tls_context.hpp"
#include "client/protocol/session_settings.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct ssl_st;

namespace tempfail::client {

class TlsEngine {
 public:
  /// How far it got.
  enum class Progress : std::uint8_t {
    more,   ///< needs bytes from the network
    done,   ///< the handshake is over; or: plaintext came
    closed, ///< the peer ended the session properly (close_notify)
    failed, ///< error() says why
  };

  /// A session with `host`, whose certificate must be valid if the mode is `verified`.
  TlsEngine(const TlsContext& context, TlsMode mode, const std::string& host);
  ~TlsEngine();
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;

  void feed(std::string_view from_network);
  Progress handshake();
  /// Appends what was decrypted.
  Progress read(std::string& plaintext);
  /// False when it can't be encrypted.
  bool write(std::string_view plaintext);
  void close(); ///< adds a close_notify to the output

  /// What is to be sent; empties it.
  std::string take_output();
  const std::string& error() const { return error_; }
  TlsState state() const;

 private:
  struct Free {
    void operator()(ssl_st* session) const;
  };

  Progress failure(int result);

  std::unique_ptr<ssl_st, Free> ssl_;
  bool name_checked_ = false;
  std::string error_;
};

} // namespace tempfail::client
