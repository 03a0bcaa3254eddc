// TLS as far as each mode insists on it.
#include "client/delivery/delivery.hpp"
#include "client/support/scripted_server.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace tempfail::client;
using namespace tempfail::client::test;

namespace {

Settings with_mode(std::uint16_t port, TlsMode mode, const std::string& host = "localhost") {
  Settings settings;
  settings.route = {.host = host, .port = port};
  settings.tls = mode;
  settings.ipv6 = false;
  return settings;
}

void until_starttls(Peer& peer) {
  peer.say("220 mx");
  peer.hear();
  peer.say("250-mx\n250 STARTTLS");
  peer.hear();
  peer.say("220 go");
}

ScriptedServer::Script starttls_server(const TestCertificate& certificate) {
  return [&certificate](Peer& peer) {
    until_starttls(peer);
    peer.start_tls(certificate);
    peer.serve_after_greeting("250 mx", "250 2.0.0 ok");
  };
}

bool heard_line(ScriptedServer& server, const std::string& line) {
  const auto heard = server.heard();
  return std::find(heard.begin(), heard.end(), line) != heard.end();
}

} // namespace

TEST_CASE("tls_in_each_mode") {
  TestCertificate certificate("localhost");
  for (const TlsMode mode : {TlsMode::opportunistic, TlsMode::required, TlsMode::verified}) {
    ScriptedServer server({starttls_server(certificate)});
    Delivery delivery({.tls = {.ca_file = certificate.pem_file()}});
    const auto outcome = delivery.send(with_mode(server.port(), mode));
    CHECK(outcome.of() == "delivered none message 2.0.0");
    CHECK(outcome.report.results[0].tls.used);
    CHECK(outcome.report.results[0].tls.verified);
    CHECK(outcome.report.results[0].tls.version == "TLSv1.3");
  }
}

TEST_CASE("large_message_over_tls_arrives_whole") {
  TestCertificate certificate("localhost");
  ScriptedServer server({starttls_server(certificate)});
  std::string content;
  while (content.size() < 3'000'000) {
    content += "line " + std::to_string(content.size()) + "\r\n";
  }
  {
    Delivery delivery;
    CHECK(delivery.send(with_mode(server.port(), TlsMode::required), {"x@mx.test"}, content).of() ==
          "delivered none message 2.0.0");
  }
  server.stop();
  REQUIRE(server.contents().size() == 1);
  CHECK((server.contents()[0] == content));
}

TEST_CASE("implicit_tls") {
  TestCertificate certificate("localhost");
  ScriptedServer server({[&](Peer& peer) {
    peer.start_tls(certificate);
    peer.serve();
  }});
  Delivery delivery({.tls = {.ca_file = certificate.pem_file()}});
  Settings settings = with_mode(server.port(), TlsMode::verified);
  settings.route.implicit_tls = true;
  CHECK(delivery.send(settings).of() == "delivered none message 2.0.0");
}

TEST_CASE("a_certificate_that_is_not_valid_matters_only_where_it_is_verified") {
  TestCertificate good("localhost");
  TestCertificate wrong_host("elsewhere.test");
  TestCertificate expired("localhost", -1);
  for (const TestCertificate* certificate : {&good, &wrong_host, &expired}) {
    ScriptedServer server({starttls_server(*certificate)});
    // The good one is not among the trusted.
    Delivery delivery({.tls = {.ca_file = certificate == &good ? wrong_host.pem_file()
                                                               : certificate->pem_file()}});
    const auto strict = delivery.send(with_mode(server.port(), TlsMode::verified));
    CHECK(strict.of() == "transient tls handshake 4.7.5");
    CHECK(strict.report.results[0].text.find("certificate verify failed") != std::string::npos);
    const auto lenient = delivery.send(with_mode(server.port(), TlsMode::required));
    CHECK(lenient.of() == "delivered none message 2.0.0");
    CHECK_FALSE(lenient.report.results[0].tls.verified);
  }
}

TEST_CASE("a_failed_handshake_falls_back_to_clear_text_only_in_opportunistic_mode") {
  const std::vector<ScriptedServer::Script> breakers = {
      [](Peer& peer) {
        until_starttls(peer);
        peer.hear_bytes(5);
        peer.reset();
      },
      [](Peer& peer) {
        until_starttls(peer);
        peer.say("500 this is not TLS");
        peer.finish();
      },
      [](Peer& peer) {
        until_starttls(peer);
        peer.send(std::string("\x15\x03\x03\x00\x02\x02\x28", 7)); // fatal alert: handshake failure
        peer.finish();
      },
      [](Peer& peer) {
        until_starttls(peer);
        peer.hear_all(); // silence
      },
  };
  const auto impatient = [](std::uint16_t port, TlsMode mode) {
    Settings settings = with_mode(port, mode);
    settings.time_outs.handshake = std::chrono::seconds(20);
    return settings;
  };
  for (const auto& breaker : breakers) {
    ScriptedServer server({breaker, [](Peer& peer) { peer.serve(); }});
    Delivery delivery;
    const auto outcome = delivery.send(impatient(server.port(), TlsMode::opportunistic));
    CHECK(outcome.of() == "delivered none message 2.0.0");
    CHECK_FALSE(outcome.report.results[0].tls.used);
    CHECK(outcome.report.tries.size() == 2);
    CHECK(server.connections() == 2);
    ScriptedServer strict({breaker, [](Peer& peer) { peer.serve(); }});
    const auto refused = delivery.send(impatient(strict.port(), TlsMode::required));
    CHECK(refused.of().starts_with("transient "));
    CHECK(strict.connections() == 1);
  }
}

TEST_CASE("no_message_in_clear_where_tls_is_required") {
  for (const char* ehlo : {"250 mx", "250-mx\n250 STARTTLS"}) {
    ScriptedServer server({[ehlo](Peer& peer) {
      peer.say("220 mx");
      peer.hear();
      peer.say(ehlo);
      if (peer.hear() == "STARTTLS") {
        peer.say("454 4.7.0 not available");
        peer.hear();
      }
      peer.say("221 bye");
    }});
    {
      Delivery delivery;
      CHECK(delivery.send(with_mode(server.port(), TlsMode::required)).of() ==
            "transient tls starttls 4.7.5");
    }
    server.stop();
    CHECK(heard_line(server, "QUIT"));
    CHECK_FALSE(heard_line(server, "MAIL FROM:<a@client.test>"));
  }
}

TEST_CASE("plaintext_injected_behind_starttls_is_not_acted_upon") {
  TestCertificate certificate("localhost");
  ScriptedServer server({[&](Peer& peer) {
    peer.say("220 mx");
    peer.hear();
    peer.say("250-mx\n250 STARTTLS");
    peer.hear();
    peer.say("220 go\n250-evil\n250 AUTH PLAIN");
    peer.start_tls(certificate);
    peer.serve_after_greeting("250 mx", "250 2.0.0 ok");
  }});
  Delivery delivery;
  Settings settings = with_mode(server.port(), TlsMode::required);
  CHECK(delivery.send(settings).of() == "delivered none message 2.0.0");
}

TEST_CASE("a_tls_session_that_is_cut_off_is_a_drop_or_a_tls_failure") {
  TestCertificate certificate("localhost");
  for (const bool reset : {true, false}) {
    ScriptedServer server({[&](Peer& peer) {
      until_starttls(peer);
      peer.start_tls(certificate);
      peer.hear();
      peer.say("250 mx");
      peer.hear();
      reset ? peer.reset() : peer.close_now();
    }});
    Delivery delivery;
    CHECK(delivery.send(with_mode(server.port(), TlsMode::required)).of() ==
          "transient dropped mail 4.4.2");
  }
}

TEST_CASE("a_missing_trust_file_is_told_at_once") {
  boost::asio::io_context context;
  CHECK_THROWS(make_smtp_deliverer(context, {.tls = {.ca_file = "/nonexistent/ca.pem"}}));
}
