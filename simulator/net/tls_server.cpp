// A server's TLS.
#include "net/tls_server.hpp"

#include "net/require_openssl.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace tempfail::net {

using scenario::CertificateProblem;
using scenario::TlsVersion;

namespace {

/// Below this OpenSSL's default security level refuses a Diffie-Hellman group.
constexpr std::uint32_t strong_group = 2048;

int number_of(TlsVersion version) {
  switch (version) {
  case TlsVersion::tls1_0: return TLS1_VERSION;
  case TlsVersion::tls1_1: return TLS1_1_VERSION;
  case TlsVersion::tls1_2: return TLS1_2_VERSION;
  case TlsVersion::tls1_3: return TLS1_3_VERSION;
  }
  return TLS1_2_VERSION;
}

/// Security level 0: what OpenSSL 3 otherwise refuses to serve.
bool needs_lowest_level(const scenario::TlsProfile& profile) {
  return profile.oldest < TlsVersion::tls1_2 ||
         profile.certificate == CertificateProblem::weak_key ||
         profile.certificate == CertificateProblem::sha1 ||
         (profile.dh_bits && *profile.dh_bits < strong_group);
}

/// An OCSP response of `authority` that says `leaf` was revoked a week ago (RFC 6960).
std::string revoked_staple(const Identity& authority, const Identity& leaf) {
  OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
  OCSP_CERTID* id =
      OCSP_cert_to_id(EVP_sha1(), leaf.certificate.get(), authority.certificate.get());
  ASN1_TIME* revoked = X509_gmtime_adj(nullptr, -7 * seconds_per_day);
  ASN1_TIME* now = X509_gmtime_adj(nullptr, 0);
  ASN1_TIME* next = X509_gmtime_adj(nullptr, 7 * seconds_per_day);
  std::string result;
  if (basic != nullptr && id != nullptr &&
      OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_REVOKED,
                             OCSP_REVOKED_STATUS_KEYCOMPROMISE, revoked, now, next) != nullptr &&
      OCSP_basic_sign(basic, authority.certificate.get(), authority.key.get(), EVP_sha256(),
                      nullptr, 0) == 1) {
    OCSP_RESPONSE* response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char* der = nullptr;
    const int size = i2d_OCSP_RESPONSE(response, &der);
    if (size > 0) result.assign(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
  }
  for (ASN1_TIME* time : {revoked, now, next})
    ASN1_TIME_free(time);
  OCSP_CERTID_free(id);
  OCSP_BASICRESP_free(basic);
  require_openssl(!result.empty(), "OCSP response");
  return result;
}

} // namespace

/// OpenSSL's callbacks; `argument` is the TlsServer.
struct TlsServer::Callbacks {
  static int staple(SSL* ssl, void* argument) {
    const std::string& staple = static_cast<TlsServer*>(argument)->staple_;
    auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(staple.data(), staple.size()));
    if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP, static_cast<long>(staple.size()), copy);
    return SSL_TLSEXT_ERR_OK;
  }

  static int name(SSL* ssl, int* alert, void* argument) {
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    X509* certificate = static_cast<TlsServer*>(argument)->leaf_.certificate.get();
    if (name == nullptr || X509_check_host(certificate, name, 0, 0, nullptr) == 1)
      return SSL_TLSEXT_ERR_OK;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  static int protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                      const unsigned char* offered, unsigned offered_size, void* argument) {
    for (const std::string& known : static_cast<TlsServer*>(argument)->profile_.alpn)
      for (unsigned at = 0; at < offered_size; at += 1U + offered[at])
        if (std::string_view(reinterpret_cast<const char*>(offered + at + 1), offered[at]) ==
            known) {
          *chosen = offered + at + 1;
          *chosen_size = offered[at];
          return SSL_TLSEXT_ERR_OK;
        }
    return SSL_TLSEXT_ERR_ALERT_FATAL; // no_application_protocol (RFC 7301 section 3.2)
  }

  static int any_certificate(int, X509_STORE_CTX*) { return 1; }

  static int give_ticket(SSL*, void*) { return 1; }
  static SSL_TICKET_RETURN ignore_ticket(SSL*, SSL_SESSION*, const unsigned char*, size_t,
                                         SSL_TICKET_STATUS, void*) {
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  }
};

TlsServer::TlsServer(const Identity& authority, const scenario::TlsProfile& profile,
                     std::vector<std::string> names, bool waits_for_keys)
    : authority_(&authority), profile_(profile), names_(std::move(names)),
      context_(SSL_CTX_new(TLS_server_method())) {
  require_openssl(context_ != nullptr, "context");
  // There is no DHE suite for ECDSA certificates.
  if (profile_.dh_bits) profile_.key = scenario::KeyKind::rsa_2048;
  if (waits_for_keys || key_kind() == LeafKey::ecdsa_p256)
    finish();
  else
    begin_rsa_key(key_kind());
}

LeafKey TlsServer::key_kind() const {
  if (profile_.certificate == CertificateProblem::weak_key) return LeafKey::rsa_1024;
  return profile_.key == scenario::KeyKind::rsa_2048 ? LeafKey::rsa_2048 : LeafKey::ecdsa_p256;
}

void TlsServer::finish() {
  if (authority_ == nullptr) return;
  SSL_CTX* it = context_.get();
  if (needs_lowest_level(profile_)) SSL_CTX_set_security_level(it, 0);
  make_certificate(*std::exchange(authority_, nullptr));
  require_openssl(SSL_CTX_use_certificate(it, leaf_.certificate.get()) == 1 &&
                      SSL_CTX_use_PrivateKey(it, leaf_.key.get()) == 1,
                  "certificate");
  for (const Certificate& link : chain_)
    require_openssl(SSL_CTX_add1_chain_cert(it, link.get()) == 1, "certificate chain");
  set_versions_and_ciphers();
  if (profile_.dh_bits) set_diffie_hellman();
  set_callbacks();
  prepare_server_context(it);
}

TlsServer::~TlsServer() = default;

void TlsServer::make_certificate(const Identity& authority) {
  LeafRequest request;
  request.names = names_;
  request.key = key_kind();
  const auto send_behind = [this](const Identity& link) {
    X509_up_ref(link.certificate.get());
    chain_.emplace_back(link.certificate.get());
  };
  switch (profile_.certificate) {
  case CertificateProblem::expired:
    request.valid_from = -91 * seconds_per_day;
    request.valid_to = -seconds_per_day;
    break;
  case CertificateProblem::not_yet_valid:
    request.valid_from = 30 * seconds_per_day;
    request.valid_to = 120 * seconds_per_day;
    break;
  case CertificateProblem::wrong_host: request.names = {"another-host.invalid"}; break;
  case CertificateProblem::sha1: request.sha1 = true; break;
  case CertificateProblem::self_signed: leaf_ = make_self_signed(request); return;
  case CertificateProblem::unknown_authority: {
    const Identity stranger = make_authority("an authority nobody trusts");
    leaf_ = make_leaf(stranger, request);
    send_behind(stranger);
    return;
  }
  case CertificateProblem::incomplete_chain:
    leaf_ = make_leaf(make_intermediate(authority, "tempfail intermediate authority"), request);
    return; // and the intermediate's certificate is not sent
  case CertificateProblem::weak_key:
  case CertificateProblem::revoked:
  case CertificateProblem::none: break;
  }
  leaf_ = make_leaf(authority, request);
  send_behind(authority);
  if (profile_.certificate == CertificateProblem::revoked)
    staple_ = revoked_staple(authority, leaf_);
}

void TlsServer::set_versions_and_ciphers() {
  SSL_CTX* it = context_.get();
  const TlsVersion newest = profile_.dh_bits ? std::min(profile_.newest, TlsVersion::tls1_2)
                                             : profile_.newest; // TLS 1.3 has groups of its own
  require_openssl(SSL_CTX_set_min_proto_version(it, number_of(std::min(profile_.oldest, newest))) ==
                          1 &&
                      SSL_CTX_set_max_proto_version(it, number_of(newest)) == 1,
                  "versions");
  std::string ciphers = profile_.ciphers;
  if (ciphers.empty() && profile_.dh_bits) ciphers = "kDHE";
  if (ciphers.empty() && needs_lowest_level(profile_)) ciphers = "ALL";
  if (!ciphers.empty())
    require_openssl(SSL_CTX_set_cipher_list(it, ciphers.c_str()) == 1, "cipher list");
}

void TlsServer::set_diffie_hellman() {
  Key group = make_dh_group(*profile_.dh_bits);
  require_openssl(SSL_CTX_set0_tmp_dh_pkey(context_.get(), group.get()) == 1,
                  "Diffie-Hellman group");
  group.release(); // the context has it
}

void TlsServer::set_callbacks() {
  SSL_CTX* it = context_.get();
  if (!staple_.empty()) {
    SSL_CTX_callback_ctrl(it, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB,
                          reinterpret_cast<void (*)()>(&Callbacks::staple));
    SSL_CTX_ctrl(it, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB_ARG, 0, this);
  }
  if (profile_.strict_names) {
    SSL_CTX_callback_ctrl(it, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                          reinterpret_cast<void (*)()>(&Callbacks::name));
    SSL_CTX_ctrl(it, SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG, 0, this);
  }
  if (!profile_.alpn.empty()) SSL_CTX_set_alpn_select_cb(it, &Callbacks::protocol, this);
  if (profile_.client_certificate != scenario::ClientCertificate::none) {
    const bool demanded = profile_.client_certificate == scenario::ClientCertificate::demanded;
    SSL_CTX_set_verify(it, SSL_VERIFY_PEER | (demanded ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       &Callbacks::any_certificate);
    constexpr std::string_view session_context = "tempfail";
    SSL_CTX_set_session_id_context(it,
                                   reinterpret_cast<const unsigned char*>(session_context.data()),
                                   static_cast<unsigned>(session_context.size()));
  }
  if (!profile_.resumption)
    SSL_CTX_set_session_ticket_cb(it, &Callbacks::give_ticket, &Callbacks::ignore_ticket, nullptr);
}

} // namespace tempfail::net
