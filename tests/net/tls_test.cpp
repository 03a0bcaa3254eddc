// STARTTLS and implicit TLS with OpenSSL's client side.
#include "net/raw_client.hpp"
#include "net/running_server.hpp"
#include "net/scripted_session.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include <unistd.h>

#include <openssl/ssl.h>

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
namespace effect = session::effect;

namespace {

/// A TLS client over a RawClient's blocking socket.
class TlsClient {
 public:
  TlsClient(RawClient& client, const std::string& authority_file = {})
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), ssl_(nullptr, SSL_free) {
    if (!authority_file.empty()) {
      REQUIRE(SSL_CTX_load_verify_locations(context_.get(), authority_file.c_str(), nullptr) == 1);
      SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    }
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), client.fd());
    std::string name = "mx.tempfail.test"; // the macro for it casts in old style
    SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    SSL_set1_host(ssl_.get(), "mx.tempfail.test");
  }

  bool connect() { return SSL_connect(ssl_.get()) == 1; }
  long verify_result() { return SSL_get_verify_result(ssl_.get()); }
  void send(std::string_view text) {
    REQUIRE(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) ==
            static_cast<int>(text.size()));
  }
  std::string read_line() {
    std::string line;
    char c = 0;
    while (SSL_read(ssl_.get(), &c, 1) == 1) {
      line += c;
      if (c == '\n') break;
    }
    return line;
  }
  /// OpenSSL's word for how the stream ended, after reading to its end.
  int end() {
    char c = 0;
    int result = 1;
    while ((result = SSL_read(ssl_.get(), &c, 1)) > 0) {
    }
    return SSL_get_error(ssl_.get(), result);
  }
  SSL* ssl() { return ssl_.get(); }

 private:
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
};

scenario::Server with_tls(scenario::TlsMode mode) {
  scenario::Server server;
  server.tls = mode;
  return server;
}

/// STARTTLS as a real session does it.
void script_starttls() {
  reset_script();
  script().start = [](auto& out) { out.write("220 hello\r\n"); };
  script().line = [](std::string_view line, auto& out) {
    if (line == "STARTTLS\r\n") {
      out.write("220 go\r\n");
      out.list.emplace_back(effect::StartTls{});
    } else if (line != "QUIT\r\n") {
      out.write("250 " + std::string(line));
    }
  };
  script().tls = [](const session::TlsResult& result, auto& out) {
    record(out, std::string("tls ") + (result.ok ? "ok " : "failed ") + result.version +
                    " sni=" + result.server_name + " problem=" + result.problem);
    if (!result.ok) out.list.emplace_back(effect::Close{});
  };
}

} // namespace

TEST_CASE("TLS: STARTTLS, verified against the authority that was written out") {
  script_starttls();
  const auto directory = std::filesystem::temp_directory_path() /
                         ("tempfail-starttls-test-" + std::to_string(::getpid()));
  net::ServerSettings settings;
  settings.tls_directory = directory.string();
  ScriptedServer server(settings);
  RawClient client(server.serve("test", with_tls(scenario::TlsMode::starttls)));
  client.read_line();
  client.send("STARTTLS\r\n");
  CHECK(client.read_line() == "220 go\r\n");
  TlsClient tls(client, (directory / "ca.pem").string());
  REQUIRE(tls.connect());
  CHECK(tls.verify_result() == X509_V_OK);
  tls.send("one\r\ntwo\r\n");
  CHECK(tls.read_line() == "250 one\r\n");
  CHECK(tls.read_line() == "250 two\r\n");
  CHECK(server.journal().wait_for("tls ok TLSv1.3 sni=mx.tempfail.test"));
  tls.send("QUIT\r\n");
  CHECK(tls.read_line() == "221 bye\r\n");
  CHECK(tls.end() == SSL_ERROR_ZERO_RETURN); // close_notify
  std::filesystem::remove_all(directory);
}

TEST_CASE("TLS: implicit, with large input and output") {
  reset_script();
  const std::string big(300'000, 'b');
  std::atomic<std::size_t> received = 0;
  script().start = [](auto& out) { out.list.emplace_back(effect::StartTls{}); };
  script().tls = [](const session::TlsResult& result, auto& out) {
    if (result.ok) out.write("220 hello\r\n");
  };
  script().line = [&](std::string_view line, auto& out) {
    received = line.size();
    out.write(big + "\r\n");
  };
  net::ServerSettings settings;
  settings.implicit_tls = true;
  settings.kept_input = 1 << 20; // the scripted session leaves a line with net until it is whole
  ScriptedServer server(settings);
  RawClient client(server.serve());
  TlsClient tls(client);
  REQUIRE(tls.connect());
  CHECK(tls.read_line() == "220 hello\r\n");
  tls.send(big + "\n");
  CHECK(tls.read_line() == big + "\r\n");
  CHECK(received == big.size() + 1);
}

TEST_CASE("TLS: plain text behind STARTTLS is not taken for a command inside TLS") {
  script_starttls();
  ScriptedServer server;
  RawClient client(server.serve("test", with_tls(scenario::TlsMode::starttls)));
  client.read_line();
  client.send("STARTTLS\r\ninjected\r\n");
  CHECK(client.read_line() == "220 go\r\n");
  TlsClient tls(client);
  REQUIRE(tls.connect());
  tls.send("real\r\n");
  CHECK(tls.read_line() == "250 real\r\n");
}

TEST_CASE("TLS: a handshake the client breaks off is reported with its reason") {
  script_starttls();
  ScriptedServer server;
  const std::uint16_t port = server.serve("test", with_tls(scenario::TlsMode::starttls));
  const auto upgraded = [&] {
    RawClient client(port);
    client.read_line();
    client.send("STARTTLS\r\n");
    client.read_line();
    return client;
  };
  SECTION("it closes") {
    RawClient client = upgraded();
    client.close();
    CHECK(server.journal().wait_for("problem=client closed the connection"));
  }
  SECTION("it resets") {
    RawClient client = upgraded();
    client.reset();
    CHECK(server.journal().wait_for("problem=client reset the connection"));
  }
  SECTION("it does not trust the certificate") {
    RawClient client = upgraded();
    TlsClient tls(client);
    SSL_set_verify(tls.ssl(), SSL_VERIFY_PEER, nullptr);
    CHECK_FALSE(tls.connect());
    CHECK(server.journal().wait_for("problem=client sent alert: unknown CA"));
  }
  SECTION("it speaks no TLS") {
    RawClient client = upgraded();
    client.send("EHLO again\r\n");
    CHECK(server.journal().wait_for("tls failed"));
    CHECK(client.read_to_end().ending == Ending::fin);
  }
}

TEST_CASE("TLS: a drip and a wait go through the encrypted stream") {
  script_starttls();
  script().line = [](std::string_view line, auto& out) {
    if (line == "STARTTLS\r\n") {
      out.write("220 go\r\n");
      out.list.emplace_back(effect::StartTls{});
      return;
    }
    out.bytes = "250 slow\r\n";
    out.list.emplace_back(effect::Drip{0, 10, 4, 1min});
  };
  ScriptedServer server({}, ScriptedServer::Time::manual);
  RawClient client(server.serve("test", with_tls(scenario::TlsMode::starttls)));
  client.read_line();
  client.send("STARTTLS\r\n");
  client.read_line();
  TlsClient tls(client);
  REQUIRE(tls.connect());
  tls.send("x\r\n");
  char piece[16] = {};
  CHECK(SSL_read(tls.ssl(), piece, sizeof piece) == 4);
  server.advance(1min);
  CHECK(SSL_read(tls.ssl(), piece, sizeof piece) == 4);
  server.advance(1min);
  CHECK(SSL_read(tls.ssl(), piece, sizeof piece) == 2);
}
