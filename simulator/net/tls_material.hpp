// Certificates made on the fly: a certificate authority and what it signs. Never reused across
// runs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/types.h>

namespace tempfail::net {

struct EvpKeyDeleter {
  void operator()(EVP_PKEY* key) const;
};
struct X509Deleter {
  void operator()(X509* certificate) const;
};
using Key = std::unique_ptr<EVP_PKEY, EvpKeyDeleter>;
using Certificate = std::unique_ptr<X509, X509Deleter>;

/// The last error of OpenSSL as text, and the queue emptied.
std::string openssl_error();

/// A new ECDSA P-256 key. Throws std::runtime_error, as all here, when OpenSSL refuses.
Key make_key();

/// A key and its certificate.
struct Identity {
  Key key;
  Certificate certificate;
};

/// Self-signed, may sign others, valid from yesterday for ten years.
Identity make_authority(std::string_view common_name);
/// May sign others, signed by `authority`.
Identity make_intermediate(const Identity& authority, std::string_view common_name);

enum class LeafKey : std::uint8_t { ecdsa_p256, rsa_2048, rsa_1024 };

/// A server's certificate as it is wanted.
struct LeafRequest {
  /// Host names and addresses, as subjectAltName; the first is the subject's common name too.
  std::vector<std::string> names;
  LeafKey key = LeafKey::ecdsa_p256;
  long valid_from = -24L * 60 * 60;   ///< seconds from now
  long valid_to = 90L * 24 * 60 * 60; ///< seconds from now
  bool sha1 = false;                  ///< signed with SHA-1
};
/// Begins to make the RSA key that all such leaves of this process share, where nobody has yet, on a thread of its own:
/// it takes a good part of a second.
void begin_rsa_key(LeafKey kind);
Identity make_leaf(const Identity& authority, const LeafRequest& request);
Identity make_self_signed(const LeafRequest& request);

/// A Diffie-Hellman group of so many bits: one of the standard's where there is one, else a new one.
Key make_dh_group(unsigned bits);

std::string to_pem(const X509& certificate);
/// Unencrypted PKCS #8.
std::string to_pem(const EVP_PKEY& key);

/// Writes ca.pem, cert.pem (leaf, then authority) and key.pem (readable by its owner alone) into
/// `directory`, which is made when it is missing. Throws std::system_error.
void write_material(const std::string& directory, const Identity& authority, const Identity& leaf);

} // namespace tempfail::net
