// What is wrong with a server's TLS, as OpenSSL's client side names it.
#include "net/raw_client.hpp"
#include "net/running_server.hpp"
#include "net/scripted_session.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <memory>
#include <string>

#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
namespace effect = session::effect;
using scenario::CertificateProblem;
using scenario::TlsVersion;

namespace {

/// A server on an implicit-TLS port that greets once TLS is up, and its authority's file.
class TlsScenario {
 public:
  explicit TlsScenario(const scenario::TlsProfile& profile)
      : directory_(std::filesystem::temp_directory_path() /
                   ("tempfail-tls-fault-" + std::to_string(::getpid()))),
        server_(settings()) {
    reset_script();
    script().start = [](auto& out) { out.list.emplace_back(effect::StartTls{}); };
    script().tls = [](const session::TlsResult& result, auto& out) {
      record(out, "tls " + std::string(result.ok ? "ok" : "failed") + " problem=" + result.problem);
      if (result.ok)
        out.write("220 hello\r\n");
      else
        out.list.emplace_back(effect::Close{});
    };
    scenario::Server with_tls;
    with_tls.tls = scenario::TlsMode::implicit;
    with_tls.tls_profile = profile;
    port_ = server_.serve("tls", with_tls);
  }
  ~TlsScenario() { std::filesystem::remove_all(directory_); }
  TlsScenario(const TlsScenario&) = delete;
  TlsScenario& operator=(const TlsScenario&) = delete;

  std::uint16_t port() const { return port_; }
  std::string authority_file() const { return (directory_ / "ca.pem").string(); }
  ScriptedServer& server() { return server_; }

 private:
  net::ServerSettings settings() const {
    net::ServerSettings settings;
    settings.tls_directory = directory_.string();
    return settings;
  }
  std::filesystem::path directory_;
  ScriptedServer server_;
  std::uint16_t port_ = 0;
};

/// OpenSSL's client, verifying nothing by itself: the test asks for the verdict.
struct Client {
  explicit Client(const TlsScenario& scenario, int security_level = 2)
      : socket(scenario.port()), context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
        ssl(nullptr, SSL_free) {
    REQUIRE(SSL_CTX_load_verify_locations(context.get(), scenario.authority_file().c_str(),
                                          nullptr) == 1);
    SSL_CTX_set_security_level(context.get(), security_level);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    ssl.reset(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), socket.fd());
    SSL_set1_host(ssl.get(), "mx.tempfail.test");
    set_name("mx.tempfail.test");
  }
  void set_name(std::string name) {
    SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  bool connect() {
    ERR_clear_error();
    return SSL_connect(ssl.get()) == 1;
  }
  /// The number of the alert that ended it; 0: none.
  int alert() {
    const int reason = ERR_GET_REASON(ERR_peek_error());
    return reason >= SSL_AD_REASON_OFFSET ? reason - SSL_AD_REASON_OFFSET : 0;
  }
  std::string read() {
    char buffer[256];
    const int count = SSL_read(ssl.get(), buffer, sizeof buffer);
    return count > 0 ? std::string(buffer, static_cast<std::size_t>(count)) : std::string();
  }
  RawClient socket;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl;
};

/// Shakes hands and is greeted; in TLS 1.3 the session tickets have come before the greeting.
void be_greeted(Client& client) {
  REQUIRE(client.connect());
  CHECK(client.read() == "220 hello\r\n");
}

scenario::TlsProfile with(CertificateProblem problem) {
  scenario::TlsProfile profile;
  profile.certificate = problem;
  return profile;
}

} // namespace

TEST_CASE("TLS fault: each certificate is wrong in its own way, and in no other") {
  const auto [problem, verdict] = GENERATE(table<CertificateProblem, long>({
      {CertificateProblem::none, X509_V_OK},
      {CertificateProblem::expired, X509_V_ERR_CERT_HAS_EXPIRED},
      {CertificateProblem::not_yet_valid, X509_V_ERR_CERT_NOT_YET_VALID},
      {CertificateProblem::wrong_host, X509_V_ERR_HOSTNAME_MISMATCH},
      {CertificateProblem::self_signed, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT},
      {CertificateProblem::unknown_authority, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN},
      {CertificateProblem::incomplete_chain, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE},
      {CertificateProblem::revoked, X509_V_OK}, // the staple says so, not the chain
      {CertificateProblem::weak_key, X509_V_ERR_EE_KEY_TOO_SMALL},
      {CertificateProblem::sha1, X509_V_ERR_CA_MD_TOO_WEAK},
  }));
  CAPTURE(static_cast<int>(problem));
  TlsScenario scenario(with(problem));
  Client client(scenario);
  be_greeted(client);
  CHECK(SSL_get_verify_result(client.ssl.get()) == verdict);
}

TEST_CASE("TLS fault: the stapled OCSP response says revoked, and is signed by the authority") {
  TlsScenario scenario(with(CertificateProblem::revoked));
  Client client(scenario);
  SSL_ctrl(client.ssl.get(), SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE, TLSEXT_STATUSTYPE_ocsp, nullptr);
  REQUIRE(client.connect());
  const unsigned char* der = nullptr;
  const long size = SSL_ctrl(client.ssl.get(), SSL_CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP, 0, &der);
  REQUIRE(size > 0);
  OCSP_RESPONSE* response = d2i_OCSP_RESPONSE(nullptr, &der, size);
  REQUIRE(response != nullptr);
  OCSP_BASICRESP* basic = OCSP_response_get1_basic(response);
  REQUIRE(basic != nullptr);
  CHECK(OCSP_basic_verify(basic, SSL_get_peer_cert_chain(client.ssl.get()),
                          SSL_CTX_get_cert_store(client.context.get()), 0) == 1);
  int reason = 0;
  CHECK(OCSP_single_get0_status(OCSP_resp_get0(basic, 0), &reason, nullptr, nullptr, nullptr) ==
        V_OCSP_CERTSTATUS_REVOKED);
  OCSP_BASICRESP_free(basic);
  OCSP_RESPONSE_free(response);
}

TEST_CASE("TLS fault: old versions are really spoken, at security level 0 only") {
  const auto [version, name] = GENERATE(table<TlsVersion, std::string>(
      {{TlsVersion::tls1_0, "TLSv1"}, {TlsVersion::tls1_1, "TLSv1.1"}}));
  scenario::TlsProfile profile;
  profile.oldest = profile.newest = version;
  TlsScenario scenario(profile);
  Client lax(scenario, 0);
  be_greeted(lax);
  CHECK(SSL_get_version(lax.ssl.get()) == name);
  Client strict(scenario);
  SSL_set_min_proto_version(strict.ssl.get(), TLS1_2_VERSION);
  CHECK_FALSE(strict.connect());
  CHECK(strict.alert() == SSL_AD_PROTOCOL_VERSION);
}

TEST_CASE("TLS fault: no cipher in common is alert 40") {
  scenario::TlsProfile profile;
  profile.newest = TlsVersion::tls1_2;
  profile.ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305";
  TlsScenario scenario(profile);
  Client client(scenario);
  SSL_set_max_proto_version(client.ssl.get(), TLS1_2_VERSION);
  SSL_set_cipher_list(client.ssl.get(), "ECDHE-RSA-AES128-GCM-SHA256");
  CHECK_FALSE(client.connect());
  CHECK(client.alert() == SSL_AD_HANDSHAKE_FAILURE);
}

TEST_CASE(
    "TLS fault: a weak Diffie-Hellman group is served to who takes it, and seen by who doesn't") {
  scenario::TlsProfile profile;
  profile.dh_bits = 1024; // OpenSSL 3 serves no smaller one at any level
  TlsScenario scenario(profile);
  Client lax(scenario, 0);
  REQUIRE(lax.connect());
  EVP_PKEY* key = nullptr;
  REQUIRE(SSL_get_peer_tmp_key(lax.ssl.get(), &key) == 1);
  CHECK(EVP_PKEY_get_base_id(key) == EVP_PKEY_DH);
  CHECK(EVP_PKEY_get_bits(key) == 1024);
  EVP_PKEY_free(key);
  Client strict(scenario);
  CHECK_FALSE(strict.connect());
  CHECK(ERR_GET_REASON(ERR_peek_error()) == SSL_R_DH_KEY_TOO_SMALL);
}

TEST_CASE("TLS fault: RSA where it is asked for") {
  scenario::TlsProfile profile;
  profile.key = scenario::KeyKind::rsa_2048;
  TlsScenario scenario(profile);
  Client client(scenario);
  REQUIRE(client.connect());
  X509* certificate = SSL_get0_peer_certificate(client.ssl.get());
  CHECK(EVP_PKEY_get_base_id(X509_get0_pubkey(certificate)) == EVP_PKEY_RSA);
  CHECK(EVP_PKEY_get_bits(X509_get0_pubkey(certificate)) == 2048);
}

TEST_CASE("TLS fault: a client certificate, asked for and demanded") {
  scenario::TlsProfile profile;
  SECTION("asked for: without one it goes on") {
    profile.client_certificate = scenario::ClientCertificate::asked;
    TlsScenario scenario(profile);
    Client client(scenario);
    be_greeted(client);
  }
  SECTION("demanded: without one it is alert 116") {
    profile.client_certificate = scenario::ClientCertificate::demanded;
    TlsScenario scenario(profile);
    Client client(scenario);
    client.connect(); // TLS 1.3: the client is done before the server has seen that there is none
    ERR_clear_error();
    CHECK(client.read().empty());
    CHECK(client.alert() == 116); // certificate_required
  }
}

TEST_CASE("TLS fault: names and protocols that do not match are alerts 112 and 120") {
  scenario::TlsProfile profile;
  profile.strict_names = true;
  profile.alpn = {"smtp"};
  TlsScenario scenario(profile);
  const auto offer = [](Client& client, const std::string& wire) {
    SSL_set_alpn_protos(client.ssl.get(), reinterpret_cast<const unsigned char*>(wire.data()),
                        static_cast<unsigned>(wire.size()));
  };
  Client good(scenario);
  offer(good, "\x04smtp");
  CHECK(good.connect());
  Client other_name(scenario);
  other_name.set_name("example.org");
  CHECK_FALSE(other_name.connect());
  CHECK(other_name.alert() == SSL_AD_UNRECOGNIZED_NAME);
  Client other_protocol(scenario);
  offer(other_protocol, "\x02h2");
  CHECK_FALSE(other_protocol.connect());
  CHECK(other_protocol.alert() == SSL_AD_NO_APPLICATION_PROTOCOL);
}

TEST_CASE("TLS fault: resumption, taken and refused") {
  const bool taken = GENERATE(true, false);
  scenario::TlsProfile profile;
  profile.resumption = taken;
  TlsScenario scenario(profile);
  Client first(scenario);
  be_greeted(first);
  SSL_SESSION* session = SSL_get1_session(first.ssl.get());
  REQUIRE(SSL_SESSION_has_ticket(session) == 1);
  Client second(scenario);
  SSL_set_session(second.ssl.get(), session);
  SSL_SESSION_free(session);
  REQUIRE(second.connect());
  CHECK((SSL_session_reused(second.ssl.get()) == 1) == taken);
}

TEST_CASE("TLS fault: an end with and without close_notify") {
  const bool notified = GENERATE(true, false);
  scenario::TlsProfile profile;
  profile.close_notify = notified;
  TlsScenario scenario(profile);
  Client client(scenario);
  be_greeted(client);
  REQUIRE(SSL_write(client.ssl.get(), "QUIT\r\n", 6) == 6);
  CHECK(client.read() == "221 bye\r\n");
  char c = 0;
  ERR_clear_error();
  const int error = SSL_get_error(client.ssl.get(), SSL_read(client.ssl.get(), &c, 1));
  CHECK((error == SSL_ERROR_ZERO_RETURN) == notified);
  if (!notified) CHECK(ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
}

TEST_CASE("TLS fault: an alert by hand once the client's hello is there, and not before") {
  TlsScenario scenario(with(CertificateProblem::none));
  script().start = [](auto& out) {
    out.list.emplace_back(effect::AwaitHello{});
    out.write(std::string_view("\x15\x03\x03\x00\x02\x02\x47", 7));
    out.list.emplace_back(effect::Close{});
  };
  RawClient slow(scenario.port());
  slow.send("\x16\x03\x01"); // the beginning of a record
  CHECK_FALSE(slow.readable_within(50));
  Client client(scenario);
  CHECK_FALSE(client.connect());
  CHECK(client.alert() == SSL_AD_INSUFFICIENT_SECURITY);
  slow.close();
  CHECK(scenario.server().journal().wait_for("peer closed"));
}

TEST_CASE("TLS fault: a handshake that is cut after so many bytes") {
  TlsScenario scenario(with(CertificateProblem::none));
  const bool reset = GENERATE(true, false);
  script().start = [reset](auto& out) {
    out.list.emplace_back(effect::AwaitHello{});
    out.list.emplace_back(effect::StartTls{100});
    if (reset)
      out.list.emplace_back(effect::Reset{});
    else
      out.list.emplace_back(effect::Close{});
  };
  // OpenSSL writes the hello for us; what comes back is read raw.
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()),
                                                             SSL_CTX_free);
  const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context.get()), SSL_free);
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), out);
  CHECK(SSL_connect(ssl.get()) == -1);
  char* hello = nullptr;
  const long size = BIO_get_mem_data(out, &hello);
  RawClient client(scenario.port());
  client.send({hello, static_cast<std::size_t>(size)});
  const Rest rest = client.read_to_end();
  CHECK(rest.bytes.size() == 100);
  CHECK(rest.bytes.substr(0, 1) == "\x16"); // a handshake record: the server's hello
  CHECK(rest.ending == (reset ? Ending::reset : Ending::fin));
}
