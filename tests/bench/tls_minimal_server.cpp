// The least a TLS server can do: OpenSSL on one epoll loop, a certificate of its own, a greeting behind the
// handshake, no journal, no rules. What tempfail's handshakes are measured against.
#include "loopback.hpp"

#include <cstdio>
#include <string_view>

#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace {

using namespace tempfail;

struct Connection {
  int fd = -1;
  SSL* ssl = nullptr;
  bool greeted = false;
};

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
    bench::fail("certificate");
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
  bench::serve(
      bench::listen_on_loopback(0),
      [context](int epoll, int fd) {
        auto* connection = new Connection{fd, SSL_new(context), false};
        SSL_set_fd(connection->ssl, fd);
        SSL_set_accept_state(connection->ssl);
        bench::watch(epoll, fd, connection);
      },
      [](void* data) {
        auto* connection = static_cast<Connection*>(data);
        if (go_on(*connection)) return;
        ERR_clear_error();
        SSL_free(connection->ssl);
        ::close(connection->fd);
        delete connection;
      });
}
