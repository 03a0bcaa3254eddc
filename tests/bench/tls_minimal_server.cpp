// The least a TLS server can do: OpenSSL on one epoll loop, a certificate of its own, a greeting behind the
// handshake, no journal, no rules. What tempfail's handshakes are measured against.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace {

struct Connection {
  int fd = -1;
  SSL* ssl = nullptr;
  bool greeted = false;
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

int listen_on_loopback() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || ::bind(fd, generic, size) != 0 || ::listen(fd, 4096) != 0 ||
      ::getsockname(fd, generic, &size) != 0)
    fail("listen");
  std::printf("port %u\n", static_cast<unsigned>(ntohs(address.sin_port)));
  std::fflush(stdout);
  return fd;
}

/// A context with a new key and a certificate signed by itself; all else as OpenSSL has it.
SSL_CTX* make_context(bool rsa) {
  EVP_PKEY* key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 24L * 60 * 60);
  X509_NAME* name = X509_get_subject_name(certificate);
  constexpr unsigned char host[] = "minimal.test";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_set_pubkey(certificate, key);
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (X509_sign(certificate, key, EVP_sha256()) == 0 ||
      SSL_CTX_use_certificate(context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey(context, key) != 1)
    fail("certificate");
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return context;
}

/// False: it is over.
bool go_on(Connection& connection) {
  if (!connection.greeted) {
    const int result = SSL_do_handshake(connection.ssl);
    if (result != 1) return SSL_get_error(connection.ssl, result) == SSL_ERROR_WANT_READ;
    constexpr std::string_view greeting = "220 minimal\r\n";
    SSL_write(connection.ssl, greeting.data(), static_cast<int>(greeting.size()));
    connection.greeted = true;
    return true;
  }
  char buffer[4096];
  const int result = SSL_read(connection.ssl, buffer, sizeof buffer);
  return result > 0 || SSL_get_error(connection.ssl, result) == SSL_ERROR_WANT_READ;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: tls_minimal_server rsa-2048|ecdsa-p256\n");
    return 2;
  }
  SSL_CTX* const context = make_context(std::string_view(argv[1]) == "rsa-2048");
  const int listener = listen_on_loopback();
  const int epoll = ::epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  epoll_event events[512];
  for (;;) {
    const int count = ::epoll_wait(epoll, events, 512, -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.ptr == nullptr) {
        int fd = 0;
        while ((fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0) {
          auto* connection = new Connection{fd, SSL_new(context), false};
          SSL_set_fd(connection->ssl, fd);
          SSL_set_accept_state(connection->ssl);
          event.data.ptr = connection;
          ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        }
        continue;
      }
      auto* connection = static_cast<Connection*>(events[i].data.ptr);
      if (go_on(*connection)) continue;
      ERR_clear_error();
      SSL_free(connection->ssl);
      ::close(connection->fd);
      delete connection;
    }
  }
}
