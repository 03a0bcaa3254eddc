// OpenSSL over two memory buffers.
#include "client/net/tls_engine.hpp"

#include "client/net/address.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>

namespace tempfail::client {

TlsEngine::TlsEngine(const TlsContext& context, TlsMode mode, const std::string& host)
    : ssl_(SSL_new(context.get(mode))) {
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  if (!ssl_ || in == nullptr || out == nullptr) {
    BIO_free(in);
    BIO_free(out);
    throw std::runtime_error("TLS: out of memory");
  }
  SSL_set_bio(ssl_.get(), in, out);
  SSL_set_connect_state(ssl_.get());
  if (const auto literal = Address::parse(host)) {
    name_checked_ =
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), literal->ip.c_str()) == 1;
  } else if (!host.empty()) {
    SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host.c_str()));
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    name_checked_ = SSL_set1_host(ssl_.get(), host.c_str()) == 1;
  }
  SSL_set_verify(ssl_.get(), mode == TlsMode::verified ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                 nullptr);
}

TlsEngine::~TlsEngine() = default;

void TlsEngine::Free::operator()(ssl_st* session) const {
  SSL_free(session);
}

void TlsEngine::feed(std::string_view from_network) {
  BIO_write(SSL_get_rbio(ssl_.get()), from_network.data(), static_cast<int>(from_network.size()));
}

TlsEngine::Progress TlsEngine::failure(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE: return Progress::more;
  case SSL_ERROR_ZERO_RETURN: return Progress::closed;
  default: break;
  }
  const long verdict = SSL_get_verify_result(ssl_.get());
  error_ = take_tls_error();
  if (verdict != X509_V_OK && SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE) {
    error_ += std::string(" (") + X509_verify_cert_error_string(verdict) + ')';
  }
  return Progress::failed;
}

TlsEngine::Progress TlsEngine::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? Progress::done : failure(result);
}

TlsEngine::Progress TlsEngine::read(std::string& plaintext) {
  std::array<char, 4096> buffer;
  const std::size_t before = plaintext.size();
  for (;;) {
    ERR_clear_error();
    const int count = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (count <= 0) {
      const Progress progress = failure(count);
      // What came before the end is handed out first; the end is found again at the next call.
      return plaintext.size() > before && progress != Progress::failed ? Progress::done : progress;
    }
    plaintext.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

bool TlsEngine::write(std::string_view plaintext) {
  while (!plaintext.empty()) {
    ERR_clear_error();
    const int count = SSL_write(ssl_.get(), plaintext.data(), static_cast<int>(plaintext.size()));
    if (count <= 0) {
      failure(count);
      return false;
    }
    plaintext.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void TlsEngine::close() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

std::string TlsEngine::take_output() {
  BIO* out = SSL_get_wbio(ssl_.get());
  std::string bytes(BIO_ctrl_pending(out), '\0');
  if (!bytes.empty()) {
    BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
  }
  return bytes;
}

TlsState TlsEngine::state() const {
  TlsState state;
  state.used = true;
  state.verified = name_checked_ && SSL_get_verify_result(ssl_.get()) == X509_V_OK;
  state.version = SSL_get_version(ssl_.get());
  state.cipher = SSL_get_cipher_name(ssl_.get());
  return state;
}

} // namespace tempfail::client
