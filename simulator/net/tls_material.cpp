// Certificates made on the fly with OpenSSL.
#include "net/tls_material.hpp"

#include "net/require_openssl.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

namespace tempfail::net {

namespace {

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Bio = std::unique_ptr<BIO, BioDeleter>;
struct ExtensionDeleter {
  void operator()(X509_EXTENSION* it) const { X509_EXTENSION_free(it); }
};

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, ExtensionDeleter> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  require_openssl(extension && X509_add_ext(certificate, extension.get(), -1) == 1,
                  "certificate extension");
}

/// A positive serial number nobody has used: 120 random bits.
void set_serial(X509* certificate) {
  unsigned char bytes[15];
  require_openssl(RAND_bytes(bytes, sizeof bytes) == 1, "random serial number");
  BIGNUM* number = BN_bin2bn(bytes, sizeof bytes, nullptr);
  require_openssl(number != nullptr, "serial number");
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
}

Certificate blank_certificate(EVP_PKEY* key, std::string_view common_name, long valid_from,
                              long valid_to) {
  Certificate certificate(X509_new());
  require_openssl(certificate != nullptr, "certificate");
  X509* it = certificate.get();
  X509_set_version(it, X509_VERSION_3);
  set_serial(it);
  X509_gmtime_adj(X509_getm_notBefore(it), valid_from);
  X509_gmtime_adj(X509_getm_notAfter(it), valid_to);
  X509_NAME* name = X509_get_subject_name(it);
  const auto add = [name](const char* field, std::string_view text) {
    require_openssl(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                               reinterpret_cast<const unsigned char*>(text.data()),
                                               static_cast<int>(text.size()), -1, 0) == 1,
                    "certificate name");
  };
  add("O", "tempfail");
  add("CN", common_name);
  require_openssl(X509_set_pubkey(it, key) == 1, "certificate key");
  return certificate;
}

bool is_address(const std::string& name) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(name.c_str());
  ASN1_OCTET_STRING_free(address);
  if (address == nullptr) ERR_clear_error();
  return address != nullptr;
}

void add_authority_extensions(X509* certificate, X509* issuer) {
  add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, issuer, NID_key_usage,
                "critical,keyCertSign,cRLSign,digitalSignature");
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
}

using SharedKey = std::shared_future<std::shared_ptr<EVP_PKEY>>;

/// The process's one RSA key of so many bits, made on a thread of its own.
SharedKey rsa_key(std::size_t bits) {
  static std::mutex mutex;
  static std::map<std::size_t, SharedKey> keys;
  const std::lock_guard lock(mutex);
  SharedKey& key = keys[bits];
  if (!key.valid())
    key = std::async(std::launch::async, [bits] {
            const std::shared_ptr<EVP_PKEY> made(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits),
                                                 EvpKeyDeleter());
            require_openssl(made != nullptr, "RSA key");
            return made;
          }).share();
  return key;
}

std::size_t bits_of(LeafKey kind) {
  return kind == LeafKey::rsa_1024 ? 1024 : 2048;
}

Key make_leaf_key(LeafKey kind) {
  if (kind == LeafKey::ecdsa_p256) return make_key();
  const std::shared_ptr<EVP_PKEY> shared = rsa_key(bits_of(kind)).get();
  EVP_PKEY_up_ref(shared.get());
  return Key(shared.get());
}

Identity unsigned_leaf(const LeafRequest& request) {
  Identity leaf{make_leaf_key(request.key), nullptr};
  leaf.certificate = blank_certificate(leaf.key.get(), request.names.front(), request.valid_from,
                                       request.valid_to);
  return leaf;
}

void sign_leaf(Identity& leaf, X509* issuer, EVP_PKEY* key, const LeafRequest& request) {
  X509* it = leaf.certificate.get();
  require_openssl(X509_set_issuer_name(it, X509_get_subject_name(issuer)) == 1, "issuer");
  std::string alternatives;
  for (const std::string& name : request.names) {
    if (!alternatives.empty()) alternatives += ',';
    alternatives += (is_address(name) ? "IP:" : "DNS:") + name;
  }
  const bool rsa = request.key != LeafKey::ecdsa_p256;
  add_extension(it, issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(it, issuer, NID_key_usage,
                rsa ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature");
  add_extension(it, issuer, NID_ext_key_usage, "serverAuth");
  add_extension(it, issuer, NID_subject_key_identifier, "hash");
  add_extension(it, issuer, NID_authority_key_identifier, "keyid");
  add_extension(it, issuer, NID_subject_alt_name, alternatives);
  require_openssl(X509_sign(it, key, request.sha1 ? EVP_sha1() : EVP_sha256()) > 0,
                  "signing the certificate");
}

std::string read_all(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

void write_file(const std::filesystem::path& file, const std::string& text, mode_t mode) {
  const auto fail = [&file] {
    throw std::system_error(errno, std::generic_category(), file.string());
  };
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) fail();
  const ssize_t written = ::write(fd, text.data(), text.size());
  const int error = errno;
  ::close(fd);
  errno = written < 0 ? error : ENOSPC;
  if (written != static_cast<ssize_t>(text.size())) fail();
}

} // namespace

void EvpKeyDeleter::operator()(EVP_PKEY* key) const {
  EVP_PKEY_free(key);
}
void X509Deleter::operator()(X509* certificate) const {
  X509_free(certificate);
}

std::string openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "unknown OpenSSL error" : reason;
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  require_openssl(key != nullptr, "ECDSA key");
  return key;
}

Identity make_authority(std::string_view common_name) {
  Identity authority{make_key(), nullptr};
  authority.certificate =
      blank_certificate(authority.key.get(), common_name, -seconds_per_day, 3650 * seconds_per_day);
  X509* it = authority.certificate.get();
  require_openssl(X509_set_issuer_name(it, X509_get_subject_name(it)) == 1, "issuer");
  add_authority_extensions(it, it);
  require_openssl(X509_sign(it, authority.key.get(), EVP_sha256()) > 0, "signing the authority");
  return authority;
}

Identity make_intermediate(const Identity& authority, std::string_view common_name) {
  Identity made{make_key(), nullptr};
  made.certificate =
      blank_certificate(made.key.get(), common_name, -seconds_per_day, 3650 * seconds_per_day);
  X509* it = made.certificate.get();
  X509* issuer = authority.certificate.get();
  require_openssl(X509_set_issuer_name(it, X509_get_subject_name(issuer)) == 1, "issuer");
  add_authority_extensions(it, issuer);
  require_openssl(X509_sign(it, authority.key.get(), EVP_sha256()) > 0, "signing the authority");
  return made;
}

void begin_rsa_key(LeafKey kind) {
  if (kind != LeafKey::ecdsa_p256) rsa_key(bits_of(kind));
}

Identity make_leaf(const Identity& authority, const LeafRequest& request) {
  Identity leaf = unsigned_leaf(request);
  sign_leaf(leaf, authority.certificate.get(), authority.key.get(), request);
  return leaf;
}

Identity make_self_signed(const LeafRequest& request) {
  Identity leaf = unsigned_leaf(request);
  sign_leaf(leaf, leaf.certificate.get(), leaf.key.get(), request);
  return leaf;
}

namespace {

/// A group of a standard older than TLS 1.3's own; null: there is none of so many bits. To find a
/// new one takes seconds.
Key older_dh_group(unsigned bits) {
  BIGNUM* prime = bits == 1024   ? BN_get_rfc2409_prime_1024(nullptr)
                  : bits == 1536 ? BN_get_rfc3526_prime_1536(nullptr)
                                 : nullptr;
  if (prime == nullptr) return nullptr;
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr);
  OSSL_PARAM_BLD* build = OSSL_PARAM_BLD_new();
  OSSL_PARAM* parameters = nullptr;
  EVP_PKEY* group = nullptr;
  if (context != nullptr && build != nullptr &&
      OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_P, prime) == 1 &&
      OSSL_PARAM_BLD_push_uint(build, OSSL_PKEY_PARAM_FFC_G, 2) == 1 &&
      (parameters = OSSL_PARAM_BLD_to_param(build)) != nullptr &&
      EVP_PKEY_fromdata_init(context) == 1)
    EVP_PKEY_fromdata(context, &group, EVP_PKEY_KEY_PARAMETERS, parameters);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(build);
  EVP_PKEY_CTX_free(context);
  BN_free(prime);
  require_openssl(group != nullptr, "Diffie-Hellman group");
  return Key(group);
}

} // namespace

Key make_dh_group(unsigned bits) {
  if (Key group = older_dh_group(bits)) return group;
  const std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY_CTX* it = context.get();
  require_openssl(it != nullptr && EVP_PKEY_paramgen_init(it) == 1, "Diffie-Hellman group");
  const std::string named = "ffdhe" + std::to_string(bits);
  const bool standard = OBJ_sn2nid(named.c_str()) != NID_undef;
  if (standard)
    require_openssl(EVP_PKEY_CTX_set_group_name(it, named.c_str()) == 1, "Diffie-Hellman group");
  else
    require_openssl(EVP_PKEY_CTX_set_dh_paramgen_prime_len(it, static_cast<int>(bits)) == 1,
                    "Diffie-Hellman group");
  EVP_PKEY* group = nullptr;
  require_openssl(EVP_PKEY_paramgen(it, &group) == 1, "Diffie-Hellman group");
  return Key(group);
}

std::string to_pem(const X509& certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  require_openssl(bio && PEM_write_bio_X509(bio.get(), &certificate) == 1, "certificate to PEM");
  return read_all(bio.get());
}

std::string to_pem(const EVP_PKEY& key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  require_openssl(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), &key, nullptr, nullptr, 0,
                                                       nullptr, nullptr) == 1,
                  "key to PEM");
  return read_all(bio.get());
}

void write_material(const std::string& directory, const Identity& authority, const Identity& leaf) {
  const std::filesystem::path folder(directory);
  std::filesystem::create_directories(folder);
  const std::string authority_pem = to_pem(*authority.certificate);
  write_file(folder / "ca.pem", authority_pem, 0644);
  write_file(folder / "cert.pem", to_pem(*leaf.certificate) + authority_pem, 0644);
  write_file(folder / "key.pem", to_pem(*leaf.key), 0600);
}

} // namespace tempfail::net
