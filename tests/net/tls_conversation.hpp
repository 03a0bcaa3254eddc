// A TlsStream and OpenSSL's client side in one thread: what the client says arrives when and as the test wants.
#pragma once

#include "net/tls_server.hpp"
#include "net/tls_stream.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace tempfail::test {

/// How a handshake went.
struct Shaken {
  bool ok = false;
  int flights = 0; ///< of the server's, after which it waits
};

class TlsConversation {
 public:
  TlsConversation(net::TlsServer& server, SSL_CTX* client);
  ~TlsConversation();
  TlsConversation(const TlsConversation&) = delete;
  TlsConversation& operator=(const TlsConversation&) = delete;

  SSL* client() const { return client_.get(); }
  net::TlsStream& stream() { return *stream_; }

  /// Has the client go on with its handshake; what it says.
  std::string said_by_client();
  /// Sends to the server, which does not look yet.
  void send(std::string_view bytes) const;
  /// Sends to the server, `piece` bytes at a time, and has it go on with its handshake after each.
  net::IoStatus say(std::string_view bytes, std::size_t piece = 1 << 20);
  /// Hands what the server has sent to the client; false: nothing.
  bool hear();
  /// The client closes its socket.
  void leave();

  Shaken shake_hands(std::size_t piece);
  /// Data in both directions, and whether it arrived.
  bool exchange(std::string_view from_client, std::string_view from_server);

 private:
  std::string take_output();

  int server_fd_ = -1;
  int client_fd_ = -1;
  std::unique_ptr<net::TlsStream> stream_;
  std::unique_ptr<SSL, net::SslDeleter> client_;
};

} // namespace tempfail::test
