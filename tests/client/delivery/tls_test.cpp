// TLS as far as each mode insists on it.
#include "client/delivery/delivery.hpp"
#include "client/support/dns_server.hpp"
#include "client/support/scripted_server.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace tempfail::client;
using namespace tempfail::client::test;

namespace {

DeliverySettings with_mode(std::uint16_t port, TlsMode mode,
                           const std::string& host = "localhost") {
  DeliverySettings settings;
  settings.next_hop = {.host = host, .port = port};
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
  server.stop(); // what a connection heard is known at its end
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
  DeliverySettings settings = with_mode(server.port(), TlsMode::verified);
  settings.next_hop.implicit_tls = true;
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
    DeliverySettings settings = with_mode(port, mode);
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
  DeliverySettings settings = with_mode(server.port(), TlsMode::required);
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

namespace {

/// Two hosts of one domain with valid certificates; the first lacks what `first_ehlo` lacks inside TLS.
struct TwoHosts {
  explicit TwoHosts(const std::string& first_ehlo, const std::string& second_ehlo)
      : second({host(certificate_of_second, second_ehlo)}, "127.0.0.3"),
        first({host(certificate_of_first, first_ehlo)}, "127.0.0.2", second.port()) {}

  static ScriptedServer::Script host(const TestCertificate& certificate, const std::string& ehlo) {
    return [&certificate, ehlo](Peer& peer) {
      until_starttls(peer);
      peer.start_tls(certificate);
      peer.serve_after_greeting(ehlo, "250 2.0.0 ok");
    };
  }

  DnsServer dns{{{"MX mx.test", {.records = {"10 one.test", "20 two.test"}, .authenticated = true}},
                 {"A one.test", {.records = {"127.0.0.2"}}},
                 {"A two.test", {.records = {"127.0.0.3"}}}}};
  TestCertificate certificate_of_first{"one.test"};
  TestCertificate certificate_of_second{"two.test"};
  ScriptedServer second;
  ScriptedServer first;

  Outcome send_requiring_tls(const TestCertificate& trusted) {
    Delivery delivery({.resolver = {.servers = dns.address(),
                                    .time_out = std::chrono::milliseconds(300),
                                    .tries = 2},
                       .tls = {.ca_file = trusted.pem_file()}});
    delivery.requiretls = true;
    DeliverySettings settings = by_mx(second.port());
    settings.tls = TlsMode::opportunistic; // what the message asks for is stricter
    return delivery.send(settings);
  }
};

} // namespace

TEST_CASE("requiretls_goes_on_to_a_host_that_offers_it") {
  // The certificate of the first host is not trusted.
  TwoHosts hosts("250-mx\n250 REQUIRETLS", "250-mx\n250 REQUIRETLS");
  const auto outcome = hosts.send_requiring_tls(hosts.certificate_of_second);
  CHECK(outcome.of() == "delivered none message 2.0.0");
  CHECK(outcome.tries() == "one.test tls; two.test none");
  CHECK(heard_line(hosts.second, "MAIL FROM:<a@client.test> REQUIRETLS"));
}

TEST_CASE("requiretls_is_returned_where_no_host_offers_it") {
  TwoHosts no_tls("250-mx\n250 REQUIRETLS", "250 mx");
  const auto not_offered = no_tls.send_requiring_tls(no_tls.certificate_of_second);
  CHECK(not_offered.of() == "permanent unsupported mail 5.7.30");
  TwoHosts untrusted("250 mx", "250-mx\n250 REQUIRETLS");
  const auto not_verified = untrusted.send_requiring_tls(untrusted.certificate_of_first);
  CHECK(not_verified.of() == "permanent tls handshake 5.7.10");
  for (auto* server : {&untrusted.first, &untrusted.second, &no_tls.first, &no_tls.second})
    CHECK_FALSE(heard_line(*server, "DATA"));
}

TEST_CASE("requiretls_waits_for_a_host_that_can_not_be_reached_now") {
  DnsServer dns({{"MX mx.test", {.records = {"10 one.test", "20 two.test"}, .authenticated = true}},
                 {"A one.test", {.records = {"127.0.0.2"}}},
                 {"A two.test", {.records = {"127.0.0.3"}}}});
  ScriptedServer second({[](Peer& peer) { peer.serve(); }}, "127.0.0.3"); // without STARTTLS
  RefusedPort first("127.0.0.2", second.port());
  Delivery delivery({.resolver = {.servers = dns.address(),
                                  .time_out = std::chrono::milliseconds(300),
                                  .tries = 2}});
  delivery.requiretls = true;
  CHECK(delivery.send(by_mx(second.port())).of() == "transient connect-refused connect 4.4.1");
  CHECK_FALSE(heard_line(second, "DATA"));
}

TEST_CASE("requiretls_goes_to_no_host_whose_name_dnssec_does_not_secure") {
  DnsServer dns(
      {{"MX mx.test", {.records = {"10 one.test"}}}, {"A one.test", {.records = {"127.0.0.2"}}}});
  TestCertificate certificate("one.test");
  ScriptedServer server({TwoHosts::host(certificate, "250-mx\n250 REQUIRETLS")}, "127.0.0.2");
  Delivery delivery({.resolver = {.servers = dns.address(),
                                  .time_out = std::chrono::milliseconds(300),
                                  .tries = 2},
                     .tls = {.ca_file = certificate.pem_file()}});
  delivery.requiretls = true;
  CHECK(delivery.send(by_mx(server.port())).of() == "permanent tls resolve 5.7.10");
  server.stop();
  CHECK(server.heard().empty());
}
