// Server and client over a pair of sockets.
#include "net/tls_conversation.hpp"

#include <algorithm>
#include <stdexcept>

#include <sys/socket.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

namespace tempfail::test {

using net::IoStatus;

TlsConversation::TlsConversation(net::TlsServer& server, SSL_CTX* client)
    : client_(SSL_new(client)) {
  int pair[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
    throw std::runtime_error("socketpair");
  server_fd_ = pair[0];
  client_fd_ = pair[1];
  stream_ = std::make_unique<net::TlsStream>(server.context(), server_fd_);
  SSL_set_bio(client_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(client_.get());
}

TlsConversation::~TlsConversation() {
  stream_.reset();
  ::close(server_fd_);
  leave();
}

std::string TlsConversation::take_output() {
  BIO* const out = SSL_get_wbio(client_.get());
  std::string bytes(BIO_ctrl_pending(out), '\0');
  if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

std::string TlsConversation::said_by_client() {
  SSL_do_handshake(client_.get());
  return take_output();
}

void TlsConversation::send(std::string_view bytes) const {
  if (!bytes.empty() && ::send(client_fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
                            static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("send");
}

IoStatus TlsConversation::say(std::string_view bytes, std::size_t piece) {
  IoStatus status = IoStatus::want_read;
  do {
    const std::string_view next = bytes.substr(0, piece);
    bytes.remove_prefix(next.size());
    send(next);
    status = stream_->handshake();
  } while (!bytes.empty() && status == IoStatus::want_read);
  return status;
}

bool TlsConversation::hear() {
  bool heard = false;
  char buffer[16'384];
  ssize_t size = 0;
  while ((size = ::recv(client_fd_, buffer, sizeof buffer, 0)) > 0) {
    BIO_write(SSL_get_rbio(client_.get()), buffer, static_cast<int>(size));
    heard = true;
  }
  return heard;
}

void TlsConversation::leave() {
  if (client_fd_ >= 0) ::close(client_fd_);
  client_fd_ = -1;
}

Shaken TlsConversation::shake_hands(std::size_t piece) {
  Shaken shaken;
  for (int round = 0; round < 10; ++round) {
    const IoStatus status = say(said_by_client(), piece);
    const bool answered = hear();
    if (status == IoStatus::done) {
      said_by_client(); // TLS 1.2: the server's Finished is there now
      shaken.ok = SSL_is_init_finished(client_.get()) == 1;
      return shaken;
    }
    if (status != IoStatus::want_read || !answered) return shaken;
    ++shaken.flights;
  }
  return shaken;
}

bool TlsConversation::exchange(std::string_view from_client, std::string_view from_server) {
  SSL_write(client_.get(), from_client.data(), static_cast<int>(from_client.size()));
  send(take_output());
  char buffer[256];
  const net::IoResult read = stream_->read(buffer, sizeof buffer);
  if (std::string_view(buffer, read.size) != from_client) return false;
  if (stream_->write(from_server).size != from_server.size()) return false;
  hear();
  const int size = SSL_read(client_.get(), buffer, sizeof buffer);
  return size > 0 && std::string_view(buffer, static_cast<std::size_t>(size)) == from_server;
}

} // namespace tempfail::test
