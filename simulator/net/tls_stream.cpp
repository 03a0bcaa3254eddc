// TLS on a non-blocking socket.
#include "net/tls_stream.hpp"

#include "net/tls_material.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <stdexcept>

#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace tempfail::net {

namespace {

// A BIO over a socket that never raises SIGPIPE: OpenSSL's own uses write(2).
TlsSocket& socket_of(BIO* bio) {
  return *static_cast<TlsSocket*>(BIO_get_data(bio));
}

bool is_temporary(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int socket_write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  TlsSocket& socket = socket_of(bio);
  auto length = static_cast<std::size_t>(size);
  if (socket.left) {
    socket.cut = socket.cut || *socket.left < length;
    length = static_cast<std::size_t>(std::min<std::uint64_t>(*socket.left, length));
    if (length == 0) {
      BIO_set_retry_write(bio);
      return -1;
    }
  }
  const ssize_t count = ::send(socket.fd, data, length, MSG_NOSIGNAL);
  if (count > 0 && socket.left) *socket.left -= static_cast<std::uint64_t>(count);
  if (count < 0 && is_temporary(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

int socket_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t count = ::recv(socket_of(bio).fd, data, static_cast<std::size_t>(size), 0);
  if (count < 0 && is_temporary(errno)) BIO_set_retry_read(bio);
  if (count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(count);
}

long socket_control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  switch (command) {
  case BIO_CTRL_FLUSH: return 1;
  case BIO_CTRL_EOF: return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  default: return 0;
  }
}

int socket_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

BIO_METHOD* socket_method() {
  static const std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> method = [] {
    BIO_METHOD* made =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "socket");
    BIO_meth_set_write(made, socket_write);
    BIO_meth_set_read(made, socket_read);
    BIO_meth_set_ctrl(made, socket_control);
    BIO_meth_set_create(made, socket_create);
    return std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)>(made, BIO_meth_free);
  }();
  return method.get();
}

/// Keeps the client's alert, which says more than OpenSSL's error does.
void on_info(const SSL* ssl, int where, int value) {
  if (where != SSL_CB_READ_ALERT || (value & 0xff) == SSL_AD_CLOSE_NOTIFY) return;
  auto* problem = static_cast<std::string*>(SSL_get_app_data(ssl));
  if (problem == nullptr || !problem->empty()) return;
  *problem = "client sent alert: ";
  *problem += SSL_alert_desc_string_long(value);
}

int size_for_openssl(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

} // namespace

void SslContextDeleter::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}
void SslDeleter::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

void prepare_server_context(SSL_CTX* context) {
  // Idle sessions give their buffers back; a write may be continued from another place in memory.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_info_callback(context, on_info);
}

TlsStream::TlsStream(SSL_CTX* context, int fd, std::optional<std::uint64_t> cut_after)
    : socket_{fd, cut_after, false}, ssl_(SSL_new(context)) {
  BIO* bio = BIO_new(socket_method());
  if (!ssl_ || bio == nullptr) {
    BIO_free(bio);
    throw std::runtime_error("TLS connection: " + openssl_error());
  }
  BIO_set_data(bio, &socket_);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), &problem_);
  SSL_set_accept_state(ssl_.get());
}

IoStatus TlsStream::handshake() {
  ERR_clear_error();
  return translate(SSL_do_handshake(ssl_.get()));
}

IoResult TlsStream::read(char* data, std::size_t capacity) {
  ERR_clear_error();
  const int count = SSL_read(ssl_.get(), data, size_for_openssl(capacity));
  if (count > 0) return {IoStatus::done, static_cast<std::size_t>(count)};
  return {translate(count), 0};
}

IoResult TlsStream::write(std::string_view data) {
  ERR_clear_error();
  const int count = SSL_write(ssl_.get(), data.data(), size_for_openssl(data.size()));
  if (count > 0) return {IoStatus::done, static_cast<std::size_t>(count)};
  return {translate(count), 0};
}

void TlsStream::close_notify() {
  if (SSL_is_init_finished(ssl_.get()) == 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool TlsStream::has_pending() const {
  return SSL_pending(ssl_.get()) > 0;
}

session::TlsResult TlsStream::result(bool ok) const {
  session::TlsResult result;
  result.ok = ok;
  if (ok) {
    result.version = SSL_get_version(ssl_.get());
    result.cipher = SSL_get_cipher_name(ssl_.get());
  }
  const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  if (name != nullptr) result.server_name = name;
  if (!ok) result.problem = problem_;
  return result;
}

IoStatus TlsStream::translate(int result) {
  if (result > 0) return IoStatus::done;
  const int system_error = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
  case SSL_ERROR_WANT_READ: return IoStatus::want_read;
  case SSL_ERROR_WANT_WRITE: return IoStatus::want_write;
  case SSL_ERROR_ZERO_RETURN: return IoStatus::closed;
  case SSL_ERROR_SYSCALL:
    if (problem_.empty())
      problem_ = system_error == ECONNRESET ? "client reset the connection"
                                            : "client closed the connection";
    return system_error == ECONNRESET || system_error == EPIPE ? IoStatus::failed
                                                               : IoStatus::closed;
  default: {
    const unsigned long code = ERR_peek_last_error();
    const bool bare_end = ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    const char* reason = ERR_reason_error_string(code);
    if (problem_.empty())
      problem_ = bare_end ? "client closed the connection" : reason == nullptr ? "unknown" : reason;
    ERR_clear_error();
    return bare_end ? IoStatus::closed : IoStatus::failed;
  }
  }
}

} // namespace tempfail::net
