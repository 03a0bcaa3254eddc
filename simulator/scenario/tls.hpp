// How a server speaks TLS, and what is wrong with it: data that net/tls turns into an OpenSSL context.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::scenario {

/// How a server offers TLS.
enum class TlsMode : std::uint8_t {
  none,
  starttls, ///< RFC 3207
  implicit, ///< from the first byte, as on port 465 (RFC 8314)
};
/// The word for it in scenario files, journals and {tls_mode}.
constexpr std::string_view to_string(TlsMode mode) {
  switch (mode) {
  case TlsMode::none: return "none";
  case TlsMode::starttls: return "starttls";
  case TlsMode::implicit: return "implicit";
  }
  return {};
}

enum class TlsVersion : std::uint8_t { tls1_0, tls1_1, tls1_2, tls1_3 };

/// The key of the server's certificate.
enum class KeyKind : std::uint8_t { ecdsa_p256, rsa_2048 };

/// What is wrong with the server's certificate.
enum class CertificateProblem : std::uint8_t {
  none,
  expired,
  not_yet_valid,
  wrong_host,        ///< names another host
  self_signed,       ///< by itself, by no authority
  unknown_authority, ///< by an authority that is in no file the sender could trust
  incomplete_chain,  ///< the intermediate authority's certificate is not sent
  revoked,           ///< the stapled OCSP response says so (RFC 6066 section 8)
  weak_key,          ///< RSA of 1024 bits
  sha1,              ///< signed with SHA-1
};

/// Whether a client must show a certificate of its own.
enum class ClientCertificate : std::uint8_t {
  none,
  asked,    ///< goes on without
  demanded, ///< fails without: alert certificate_required, or handshake_failure before TLS 1.3
};

/// A server's TLS as data.
struct TlsProfile {
  TlsVersion oldest = TlsVersion::tls1_2; ///< below TLS 1.2: security level 0
  TlsVersion newest = TlsVersion::tls1_3;
  std::string ciphers; ///< OpenSSL's cipher list, TLS 1.2 and older only; empty: its default
  std::optional<std::uint32_t>
      dh_bits; ///< finite-field Diffie-Hellman only, with a group of so many bits
  KeyKind key = KeyKind::ecdsa_p256;
  CertificateProblem certificate = CertificateProblem::none;
  ClientCertificate client_certificate = ClientCertificate::none;
  std::vector<std::string>
      alpn; ///< protocols; a client that offers others only: no_application_protocol
  bool strict_names = false; ///< SNI that is not the server's name: unrecognized_name
  bool resumption = true;    ///< no: tickets are given and then not taken
  bool close_notify =
      true; ///< no: the connection ends without (a truncation, RFC 8446 section 6.1)

  friend bool operator==(const TlsProfile&, const TlsProfile&) = default;
};

} // namespace tempfail::scenario
