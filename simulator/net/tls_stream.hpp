// TLS on a non-blocking socket, by OpenSSL directly: no buffers of our own, nothing that waits.
#pragma once

#include "session/session.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/types.h>

namespace tempfail::net {

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const;
};
struct SslDeleter {
  void operator()(SSL* ssl) const;
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextDeleter>;

struct Identity;

/// A server's context: TLS 1.2 and 1.3, `leaf` sent with `authority` behind it. Throws
/// std::runtime_error.
SslContext make_server_context(const Identity& leaf, const Identity& authority);

/// How an operation on a socket went.
enum class IoStatus : std::uint8_t {
  done,
  want_read,  ///< again when the socket is readable
  want_write, ///< again when it is writable
  closed,     ///< the client's orderly end: FIN, or close_notify
  failed,     ///< RST, an alert, or bytes that are no TLS
};

struct IoResult {
  IoStatus status = IoStatus::done;
  std::size_t size = 0; ///< bytes read or written
};

/// The server's side of one TLS connection. The socket stays with its owner.
class TlsStream {
 public:
  TlsStream(SSL_CTX* context, int fd);

  IoStatus handshake();
  IoResult read(char* data, std::size_t capacity);
  /// May take a part only; what is left may be offered from elsewhere in memory.
  IoResult write(std::string_view data);
  /// Sends close_notify, once, if the socket takes it now.
  void close_notify();

  /// Bytes are decrypted and waiting: the socket will not tell of them.
  bool has_pending() const;
  /// How the handshake ended, `ok` as told.
  session::TlsResult result(bool ok) const;

 private:
  IoStatus translate(int result);

  std::unique_ptr<SSL, SslDeleter> ssl_;
  std::string problem_; ///< of the first thing that went wrong
};

} // namespace tempfail::net
