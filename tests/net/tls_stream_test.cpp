// Handshakes that come in pieces, stall, fail and go on, as OpenSSL's own client has them.
#include "net/tls_conversation.hpp"
#include "support/catch.hpp"

#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

using namespace tempfail;
using namespace tempfail::test;
using net::IoStatus;
using scenario::TlsVersion;

namespace {

std::vector<std::string> many_names() {
  std::vector<std::string> names;
  for (int i = 0; i < 900; ++i)
    names.push_back("host-" + std::to_string(i) + ".with.a.name.that.is.long.test");
  return names; // some 37 KB of certificate
}

/// A way to shake hands.
struct Way {
  const char* name;
  TlsVersion newest = TlsVersion::tls1_3;
  const char* client_groups = "P-256:X25519"; ///< the first is the key share offered
  bool client_certificate = false;
  bool long_client_certificate = false;
  bool long_server_certificate = false;
  bool resumed = false;
  int flights = 1; ///< of the server, after which it waits
};

const Way ways[] = {
    {.name = "TLS 1.3"},
    {.name = "TLS 1.3, the client offers another group first",
     .client_groups = "P-384:P-256",
     .flights = 2},
    {.name = "TLS 1.3, client certificate", .client_certificate = true},
    {.name = "TLS 1.3, client certificate longer than the buffer",
     .client_certificate = true,
     .long_client_certificate = true},
    {.name = "TLS 1.3, server certificate longer than the buffer", .long_server_certificate = true},
    {.name = "TLS 1.3, resumed", .resumed = true},
    {.name = "TLS 1.2", .newest = TlsVersion::tls1_2},
    {.name = "TLS 1.2, client certificate",
     .newest = TlsVersion::tls1_2,
     .client_certificate = true},
    {.name = "TLS 1.2, client certificate longer than the buffer",
     .newest = TlsVersion::tls1_2,
     .client_certificate = true,
     .long_client_certificate = true},
    {.name = "TLS 1.2, server certificate longer than the buffer",
     .newest = TlsVersion::tls1_2,
     .long_server_certificate = true},
    {.name = "TLS 1.2, resumed", .newest = TlsVersion::tls1_2, .resumed = true},
};

/// A server and a client's context that shake hands in that way.
struct Peers {
  explicit Peers(const Way& way = {.name = ""})
      : authority(net::make_authority("tls_stream_test")),
        server(authority, profile_of(way),
               way.long_server_certificate ? many_names() : std::vector<std::string>{"mx.test"}),
        client(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    REQUIRE(SSL_CTX_set1_groups_list(server.context(), "P-256:X25519") == 1);
    REQUIRE(SSL_CTX_set1_groups_list(client.get(), way.client_groups) == 1);
    if (!way.client_certificate) return;
    const net::Identity own = net::make_leaf(
        authority,
        {way.long_client_certificate ? many_names() : std::vector<std::string>{"a.test"}});
    REQUIRE(SSL_CTX_use_certificate(client.get(), own.certificate.get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(client.get(), own.key.get()) == 1);
  }
  static scenario::TlsProfile profile_of(const Way& way) {
    scenario::TlsProfile profile;
    profile.newest = way.newest;
    if (way.client_certificate) profile.client_certificate = scenario::ClientCertificate::demanded;
    return profile;
  }
  net::Identity authority;
  net::TlsServer server;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> client;
};

/// A session of those two that can be resumed.
std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> session_of(Peers& peers) {
  TlsConversation first(peers.server, peers.client.get());
  REQUIRE(first.shake_hands(16'384).ok);
  REQUIRE(first.exchange("one\r\n", "two\r\n"));
  SSL_shutdown(first.client()); // what is not ended in order is not resumed
  return {SSL_get1_session(first.client()), SSL_SESSION_free};
}

} // namespace

TEST_CASE("TLS stream: a handshake goes on when the client does") {
  const Way& way = GENERATE(from_range(std::begin(ways), std::end(ways)));
  const std::size_t piece = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{1} << 20);
  CAPTURE(way.name, piece);
  Peers peers(way);
  TlsConversation it(peers.server, peers.client.get());
  if (way.resumed) SSL_set_session(it.client(), session_of(peers).get());
  const Shaken shaken = it.shake_hands(piece);
  REQUIRE(shaken.ok);
  CHECK(shaken.flights == way.flights);
  CHECK((SSL_session_reused(it.client()) == 1) == way.resumed);
  CHECK(it.exchange("one\r\n", "two\r\n"));
}

TEST_CASE("TLS stream: the beginning of a message after the ClientHello in its record is kept") {
  Peers peers({.name = "", .newest = TlsVersion::tls1_2});
  TlsConversation it(peers.server, peers.client.get());
  std::string hello = it.said_by_client();
  const std::string begun("\x10\x00", 2); // of the ClientKeyExchange
  const std::size_t size = hello.size() - 5 + begun.size();
  hello[3] = static_cast<char>(size >> 8U);
  hello[4] = static_cast<char>(size & 0xffU);
  CHECK(it.say(hello + begun) == IoStatus::want_read);
  REQUIRE(it.hear());
  std::string rest = it.said_by_client();
  REQUIRE(rest.substr(5, 2) == begun);
  rest.erase(5, begun.size());
  rest[4] = static_cast<char>(rest[4] - 2);
  CHECK(it.say(rest) == IoStatus::done);
  REQUIRE(it.hear());
  CHECK(it.said_by_client().empty());
  CHECK(it.exchange("one\r\n", "two\r\n"));
}

TEST_CASE("TLS stream: part of a message after the server's flight is kept") {
  const TlsVersion version = GENERATE(TlsVersion::tls1_2, TlsVersion::tls1_3);
  Peers peers(
      {.name = "", .newest = version, .client_certificate = true, .long_client_certificate = true});
  TlsConversation it(peers.server, peers.client.get());
  CHECK(it.say(it.said_by_client()) == IoStatus::want_read);
  REQUIRE(it.hear());
  // The certificate fills several records: the first two are there, and the others are not.
  const std::string flight = it.said_by_client();
  REQUIRE(flight.size() > 36'000);
  CHECK(it.say(flight.substr(0, 34'000)) == IoStatus::want_read);
  CHECK(it.say(flight.substr(34'000)) == IoStatus::done);
  it.hear();
  CHECK(it.exchange("one\r\n", "two\r\n"));
}

TEST_CASE("TLS stream: many handshakes at once, ended in any order") {
  constexpr std::size_t count = 200;
  Peers peers;
  std::vector<std::unique_ptr<TlsConversation>> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(std::make_unique<TlsConversation>(peers.server, peers.client.get()));
    REQUIRE(all.back()->say(all.back()->said_by_client()) == IoStatus::want_read);
  }
  for (std::size_t i = 0; i < count; i += 3)
    all[i].reset(); // these break it off
  for (std::size_t i = count; i-- > 0;) {
    if (!all[i]) continue;
    REQUIRE(all[i]->hear());
    REQUIRE(all[i]->say(all[i]->said_by_client()) == IoStatus::done);
    all[i]->hear();
  }
  for (const auto& it : all)
    if (it) CHECK(it->exchange("one\r\n", "two\r\n"));
}

TEST_CASE("TLS stream: a handshake that fails leaves nothing behind") {
  Peers peers;
  {
    TlsConversation it(peers.server, peers.client.get());
    CHECK(it.say(it.said_by_client()) == IoStatus::want_read);
    SECTION("bytes that are no TLS") {
      CHECK(it.say("EHLO again\r\n") == IoStatus::failed);
    }
    SECTION("a record that can't be decrypted") {
      CHECK(it.say(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x')) ==
            IoStatus::failed);
    }
    SECTION("the client leaves") {
      REQUIRE(it.hear()); // else its socket says RST
      it.leave();
      CHECK(it.say("") == IoStatus::closed);
    }
    SECTION("half an answer, and the server gives up") {
      REQUIRE(it.hear());
      const std::string answer = it.said_by_client();
      CHECK(it.say(answer.substr(0, answer.size() / 2)) == IoStatus::want_read);
    }
  }
  TlsConversation next(peers.server, peers.client.get());
  CHECK(next.shake_hands(1).ok);
  CHECK(next.exchange("one\r\n", "two\r\n"));
}

TEST_CASE("TLS stream: handshakes after the first are OpenSSL's own affair") {
  SECTION("new keys, TLS 1.3") {
    Peers peers;
    TlsConversation it(peers.server, peers.client.get());
    REQUIRE(it.shake_hands(1).ok);
    REQUIRE(it.exchange("one\r\n", "two\r\n"));
    REQUIRE(SSL_key_update(it.client(), SSL_KEY_UPDATE_REQUESTED) == 1);
    CHECK(it.exchange("three\r\n", "four\r\n"));
  }
  SECTION("renegotiation, TLS 1.2") {
    Peers peers({.name = "", .newest = TlsVersion::tls1_2});
    SSL_CTX_set_options(peers.server.context(), SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    TlsConversation it(peers.server, peers.client.get());
    REQUIRE(it.shake_hands(1).ok);
    REQUIRE(SSL_renegotiate(it.client()) == 1);
    for (int round = 0; round < 2; ++round) {
      it.send(it.said_by_client());
      char byte = 0;
      CHECK(it.stream().read(&byte, 1).status == IoStatus::want_read);
      REQUIRE(it.hear());
    }
    CHECK(it.said_by_client().empty());
    CHECK(SSL_renegotiate_pending(it.client()) == 0);
    CHECK(it.exchange("three\r\n", "four\r\n"));
  }
}
