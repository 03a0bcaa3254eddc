// Sets up OpenSSL, and refuses a certificate that its own server says is revoked.
#include "client/net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>

#include <stdexcept>
#include <system_error>

namespace tempfail::client {
namespace {

/// Looks into a stapled OCSP response: 1 goes on, 0 ends the handshake. The server sends it about its own
/// certificate, so nobody gains by a false "revoked". Who does not verify takes any certificate, a revoked one too.
int check_staple(SSL* ssl, void*) {
  if (SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE) {
    return 1;
  }
  const unsigned char* bytes = nullptr;
  const long length = SSL_get_tlsext_status_ocsp_resp(ssl, &bytes);
  if (bytes == nullptr || length <= 0) {
    return 1;
  }
  const std::unique_ptr<OCSP_RESPONSE, decltype(&OCSP_RESPONSE_free)> response(
      d2i_OCSP_RESPONSE(nullptr, &bytes, length), &OCSP_RESPONSE_free);
  if (!response || OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return 1;
  }
  const std::unique_ptr<OCSP_BASICRESP, decltype(&OCSP_BASICRESP_free)> basic(
      OCSP_response_get1_basic(response.get()), &OCSP_BASICRESP_free);
  for (int index = 0; basic && index < OCSP_resp_count(basic.get()); ++index) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(basic.get(), index);
    if (OCSP_single_get0_status(single, nullptr, nullptr, nullptr, nullptr) ==
        V_OCSP_CERTSTATUS_REVOKED) {
      return 0;
    }
  }
  return 1;
}

void require(int result, const std::string& what) {
  if (result != 1) {
    throw std::runtime_error(what + ": " + take_tls_error());
  }
}

} // namespace

std::string take_tls_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) {
    return "unknown TLS error";
  }
  if (ERR_SYSTEM_ERROR(code)) {
    return std::system_category().message(ERR_GET_REASON(code));
  }
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "TLS error " + std::to_string(code);
}

TlsContext::TlsContext(const TlsFiles& files) : files_(files) {
  if (!files.ca_file.empty() || !files.certificate_file.empty()) {
    strict_ = make(files, false); // a file that is no good is told at once
  }
}

TlsContext::~TlsContext() = default;

void TlsContext::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

ssl_ctx_st* TlsContext::get(TlsMode mode) const {
  const bool lenient = mode == TlsMode::opportunistic;
  Handle& context = lenient ? lenient_ : strict_;
  if (!context) {
    context = make(files_, lenient);
  }
  return context.get();
}

TlsContext::Handle TlsContext::make(const TlsFiles& files, bool lenient) {
  Handle context(SSL_CTX_new(TLS_client_method()));
  require(context ? 1 : 0, "TLS");
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  require(static_cast<int>(SSL_CTX_set_min_proto_version(context.get(),
                                                         lenient ? TLS1_VERSION : TLS1_2_VERSION)),
          "TLS version");
  if (lenient) {
    require(SSL_CTX_set_cipher_list(context.get(), "DEFAULT:@SECLEVEL=0"), "TLS ciphers");
    SSL_CTX_set_options(context.get(), SSL_OP_LEGACY_SERVER_CONNECT);
  }
  if (files.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else {
    require(SSL_CTX_load_verify_locations(context.get(), files.ca_file.c_str(), nullptr),
            files.ca_file);
  }
  if (!files.certificate_file.empty()) {
    const std::string& key = files.key_file.empty() ? files.certificate_file : files.key_file;
    require(SSL_CTX_use_certificate_chain_file(context.get(), files.certificate_file.c_str()),
            files.certificate_file);
    require(SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM), key);
  }
  SSL_CTX_set_tlsext_status_type(context.get(), TLSEXT_STATUSTYPE_ocsp);
  if (!lenient) {
    SSL_CTX_callback_ctrl(context.get(), SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB,
                          reinterpret_cast<void (*)()>(&check_staple));
  }
  ERR_clear_error();
  return context;
}

} // namespace tempfail::client
