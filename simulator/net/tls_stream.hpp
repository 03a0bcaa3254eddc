// TLS on a non-blocking socket, by OpenSSL directly: no buffers of our own, nothing that waits.
#pragma once

#include "session/session.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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

/// What TlsStream needs of a server's context.
void prepare_server_context(SSL_CTX* context);

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

/// What OpenSSL writes to and reads from.
struct TlsSocket {
  int fd = -1;
  std::optional<std::uint64_t> left; ///< bytes that may still be sent
  bool cut = false;
};

/// The server's side of one TLS connection. The socket stays with its owner.
class TlsStream {
 public:
  /// With `cut_after`, only so many bytes are ever sent.
  TlsStream(SSL_CTX* context, int fd, std::optional<std::uint64_t> cut_after = std::nullopt);

  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  IoStatus handshake();
  IoResult read(char* data, std::size_t capacity);
  /// May take a part only; what is left may be offered from elsewhere in memory.
  IoResult write(std::string_view data);
  /// Sends close_notify, once, if the socket takes it now.
  void close_notify();

  /// Bytes are decrypted and waiting: the socket will not tell of them.
  bool has_pending() const;
  bool is_limited() const { return socket_.left.has_value(); }
  /// There was more to send than is allowed.
  bool is_cut() const { return socket_.cut; }
  /// How the handshake ended, `ok` as told.
  session::TlsResult result(bool ok) const;

 private:
  IoStatus translate(int result);

  TlsSocket socket_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
  std::string problem_; ///< of the first thing that went wrong
};

} // namespace tempfail::net
