// Loads a server with full TLS handshakes from one epoll loop: connects, shakes hands, reads the greeting,
// says close_notify, closes. No session is ever offered again. The same for every server that is compared.
#include "loopback.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <openssl/ssl.h>

namespace {

using namespace tempfail;

struct Client {
  int fd = -1;
  SSL* ssl = nullptr;
  bool connected = false; ///< the handshake is done
};

class Load {
 public:
  Load(std::uint16_t port, long handshakes, long at_once)
      : port_(port), wanted_(handshakes), clients_(static_cast<std::size_t>(at_once)),
        context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
  }

  int run() {
    epoll_ = ::epoll_create1(0);
    for (Client& client : clients_)
      open(client);
    const bool served = bench::drive(epoll_, open_, [this](const epoll_event& event) {
      go_on(*static_cast<Client*>(event.data.ptr));
    });
    if (!served) {
      std::fprintf(stderr, "tls_load: the server says nothing any more\n");
      return 1;
    }
    std::printf("{\"handshakes\": %ld, \"failed\": %ld, \"resumed\": %ld}\n", done_, failed_,
                resumed_);
    return failed_ == 0 && resumed_ == 0 && done_ == wanted_ ? 0 : 1;
  }

 private:
  void open(Client& client) {
    if (started_ >= wanted_) return;
    client = Client();
    client.fd = bench::connect_from_many(port_, started_);
    if (client.fd < 0) bench::fail("tls_load: connect");
    ::fcntl(client.fd, F_SETFL, O_NONBLOCK);
    ++started_;
    ++open_;
    client.ssl = SSL_new(context_.get());
    SSL_set_fd(client.ssl, client.fd);
    SSL_set_connect_state(client.ssl);
    bench::watch(epoll_, client.fd, &client);
    go_on(client);
  }

  void go_on(Client& client) {
    if (!client.connected) {
      const int result = SSL_do_handshake(client.ssl);
      if (result != 1) {
        if (SSL_get_error(client.ssl, result) != SSL_ERROR_WANT_READ) end(client, false);
        return;
      }
      client.connected = true;
      resumed_ += SSL_session_reused(client.ssl);
    }
    char buffer[1024];
    const int result = SSL_read(client.ssl, buffer, sizeof buffer);
    if (result > 0) {
      SSL_shutdown(client.ssl);
      end(client, buffer[0] == '2');
    } else if (SSL_get_error(client.ssl, result) != SSL_ERROR_WANT_READ) {
      end(client, false);
    }
  }

  void end(Client& client, bool good) {
    ++(good ? done_ : failed_);
    SSL_free(client.ssl);
    ::close(client.fd);
    --open_;
    open(client);
  }

  std::uint16_t port_;
  long wanted_;
  std::vector<Client> clients_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  int epoll_ = -1;
  long started_ = 0;
  long open_ = 0;
  long done_ = 0;
  long failed_ = 0;
  long resumed_ = 0;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: tls_load PORT HANDSHAKES AT_ONCE\n");
    return 2;
  }
  return Load(static_cast<std::uint16_t>(std::atoi(argv[1])), std::atol(argv[2]),
              std::atol(argv[3]))
      .run();
}
