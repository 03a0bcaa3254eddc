// The certificates made on the fly.
#include "net/tls_material.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

using namespace tempfail::net;

namespace {

std::string read(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

LeafRequest leaf_for(std::vector<std::string> names) {
  LeafRequest request;
  request.names = std::move(names);
  return request;
}

int verify(const Identity& authority, const Identity& leaf) {
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, authority.certificate.get());
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, leaf.certificate.get(), nullptr);
  X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
  X509_verify_cert(context);
  const int result = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return result;
}

} // namespace

TEST_CASE("TLS material: the leaf verifies against its authority, and for its names") {
  const Identity authority = make_authority("a test's authority");
  const Identity other = make_authority("a test's authority");
  const Identity leaf =
      make_leaf(authority, leaf_for({"mx.tempfail.test", "*.tempfail.test", "127.0.0.1", "::1"}));
  CHECK(verify(authority, leaf) == X509_V_OK);
  CHECK(verify(other, leaf) != X509_V_OK);
  X509* certificate = leaf.certificate.get();
  CHECK(X509_check_host(certificate, "mx.tempfail.test", 0, 0, nullptr) == 1);
  CHECK(X509_check_host(certificate, "other.tempfail.test", 0, 0, nullptr) == 1);
  CHECK(X509_check_host(certificate, "example.org", 0, 0, nullptr) == 0);
  CHECK(X509_check_ip_asc(certificate, "127.0.0.1", 0) == 1);
  CHECK(X509_check_ip_asc(certificate, "::1", 0) == 1);
}

TEST_CASE("TLS material: nothing is reused") {
  const Identity first = make_authority("authority");
  const Identity second = make_authority("authority");
  CHECK(to_pem(*first.key) != to_pem(*second.key));
  CHECK(ASN1_INTEGER_cmp(X509_get_serialNumber(first.certificate.get()),
                         X509_get_serialNumber(second.certificate.get())) != 0);
}

TEST_CASE("TLS material: is written out, the key for its owner alone") {
  const auto directory =
      std::filesystem::temp_directory_path() / ("tempfail-tls-test-" + std::to_string(::getpid()));
  const Identity authority = make_authority("authority");
  const Identity leaf = make_leaf(authority, leaf_for({"localhost"}));
  write_material((directory / "new").string(), authority, leaf);
  CHECK(read(directory / "new/ca.pem") == to_pem(*authority.certificate));
  CHECK(read(directory / "new/cert.pem") ==
        to_pem(*leaf.certificate) + to_pem(*authority.certificate));
  CHECK(read(directory / "new/key.pem") == to_pem(*leaf.key));
  struct stat status {};
  REQUIRE(::stat((directory / "new/key.pem").c_str(), &status) == 0);
  CHECK((status.st_mode & 077U) == 0);
  CHECK_THROWS(write_material("/dev/null/no", authority, leaf));
  std::filesystem::remove_all(directory);
}
