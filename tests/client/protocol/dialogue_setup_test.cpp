// From the greeting to the point where a message may begin.
#include "base/base64.hpp"
#include "client/protocol/conversation.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;
using namespace std::chrono_literals;

namespace {

SessionSettings with_tls(TlsMode mode) {
  SessionSettings settings = plain_settings();
  settings.tls = mode;
  return settings;
}

SessionSettings with_user() {
  SessionSettings settings = plain_settings();
  settings.credentials = {.user = "u", .password = "p", .allow_clear_text = true};
  return settings;
}

} // namespace

TEST_CASE("greeting_then_ehlo_then_ready") {
  Conversation session(plain_settings());
  session.connected().says("").awaits(Stage::greeting, 5min);
  session.hears("220-mx.test\n220 ESMTP").says("EHLO client.test").awaits(Stage::ehlo, 5min);
  session.hears("250-mx.test\n250-PIPELINING\n250 DSN").says("").is_ready().closes(false);
  CHECK(session.dialogue().capabilities().dsn);
}

TEST_CASE("ehlo_refused_falls_back_to_helo") {
  for (const char* refusal : {"500 what?", "502 5.5.1 no", "550 no", "599 odd"}) {
    Conversation session(plain_settings());
    session.connected()
        .hears("220 mx")
        .hears(refusal)
        .says("HELO client.test")
        .awaits(Stage::ehlo, 5min);
    session.hears("250-mx\n250 PIPELINING").is_ready();
    CHECK_FALSE(session.dialogue().capabilities().pipelining);
  }
}

TEST_CASE("greeting_refused_says_quit") {
  for (const auto& [greeting, judgement] : std::vector<std::pair<std::string, std::string>>{
           {"554 no service here", "permanent reply-5yz greeting 5.0.0 554"},
           {"521 5.3.2 no mail", "permanent reply-5yz greeting 5.3.2 521"},
           {"450 later", "transient reply-4yz greeting 4.2.0 450"},
           {"432 closed for now", "transient reply-4yz greeting 4.3.2 432"}}) {
    Conversation session(plain_settings());
    session.connected().hears(greeting).fails_session(judgement).says("QUIT").awaits(Stage::quit,
                                                                                     5min);
    session.hears("221 bye").closes();
  }
}

TEST_CASE("greeting_421_is_closed_at_once") {
  Conversation session(plain_settings());
  session.connected().hears("421 4.7.0 too many connections");
  session.fails_session("transient reply-4yz greeting 4.7.0 421").says("").closes();
}

TEST_CASE("greeting_that_is_no_greeting") {
  Conversation intermediate(plain_settings());
  intermediate.connected()
      .hears("354 what")
      .fails_session("transient protocol-error greeting 4.5.0 0")
      .closes();
  Conversation garbage(plain_settings());
  garbage.connected()
      .hears("SSH-2.0-OpenSSH")
      .fails_session("transient protocol-error greeting 4.5.0 0")
      .closes();
}

TEST_CASE("ehlo_and_helo_refused") {
  Conversation later(plain_settings());
  later.connected().hears("220 mx").hears("451 4.3.0 later");
  later.fails_session("transient reply-4yz ehlo 4.3.0 451").says("QUIT");
  Conversation never(plain_settings());
  never.connected().hears("220 mx").hears("550 no").hears("550 5.7.1 not you");
  never.fails_session("permanent reply-5yz ehlo 5.7.1 550").says("QUIT");
}

TEST_CASE("starttls_then_everything_anew") {
  Conversation session(with_tls(TlsMode::opportunistic));
  session.connected().hears("220 mx").hears("250-mx\n250-STARTTLS\n250 CHUNKING").says("STARTTLS");
  session.awaits(Stage::starttls, 5min).hears("220 go").starts_tls().says("");
  session.shook_hands().says("EHLO client.test").awaits(Stage::ehlo, 5min);
  session.hears("250-mx\n250 SIZE").is_ready();
  CHECK(session.dialogue().tls().used);
  CHECK_FALSE(session.dialogue().capabilities().chunking);
}

TEST_CASE("plaintext_behind_starttls_is_dropped") {
  for (const char* injected :
       {"220 go\n250-evil\n250 AUTH PLAIN", "220 go\n250 evil\n250 evil", "220 go\n250-half"}) {
    Conversation session(with_tls(TlsMode::required));
    session.connected().hears("220 mx").hears("250-mx\n250 STARTTLS");
    session.hears(injected).starts_tls().says("").closes(false);
    session.shook_hands().says("EHLO client.test").hears("250 mx").is_ready();
    CHECK(session.dialogue().capabilities().auth.empty());
  }
}

TEST_CASE("starttls_missing_or_refused") {
  for (const char* reply : {"454 4.7.0 not now", "500 what", "554 5.7.3 no"}) {
    Conversation easy(with_tls(TlsMode::opportunistic));
    easy.connected().hears("220 mx").hears("250-mx\n250 STARTTLS").hears(reply).is_ready().says("");
    for (const TlsMode mode : {TlsMode::required, TlsMode::verified}) {
      Conversation strict(with_tls(mode));
      strict.connected().hears("220 mx").hears("250-mx\n250 STARTTLS").hears(reply);
      strict.fails_session("transient tls starttls 4.7.5 0").says("QUIT");
    }
  }
  Conversation missing(with_tls(TlsMode::required));
  missing.connected()
      .hears("220 mx")
      .hears("250 mx")
      .fails_session("transient tls starttls 4.7.5 0")
      .says("QUIT");
  Conversation easy(with_tls(TlsMode::opportunistic));
  easy.connected().hears("220 mx").hears("250 mx").is_ready();
  Conversation never(with_tls(TlsMode::never));
  never.connected().hears("220 mx").hears("250-mx\n250 STARTTLS").is_ready();
}

TEST_CASE("handshake_failed_or_hung_or_dropped") {
  const auto until_handshake = [](Conversation& session) -> Conversation& {
    return session.connected()
        .hears("220 mx")
        .hears("250-mx\n250 STARTTLS")
        .hears("220 go")
        .starts_tls();
  };
  Conversation failed(with_tls(TlsMode::opportunistic));
  until_handshake(failed)
      .fails_handshake("alert")
      .fails_session("transient tls handshake 4.7.5 0")
      .says("")
      .closes();
  Conversation hung(with_tls(TlsMode::opportunistic));
  until_handshake(hung).times_out().fails_session("transient time-out handshake 4.4.2 0").closes();
  Conversation dropped(with_tls(TlsMode::opportunistic));
  until_handshake(dropped)
      .loses(Ending::reset)
      .fails_session("transient dropped handshake 4.4.2 0")
      .closes();
}

TEST_CASE("implicit_tls_comes_before_the_greeting") {
  SessionSettings settings = with_tls(TlsMode::verified);
  settings.implicit_tls = true;
  Conversation session(settings);
  session.connected().starts_tls().says("");
  session.shook_hands().says("").awaits(Stage::greeting, 5min);
  session.hears("220 mx").says("EHLO client.test").hears("250-mx\n250 STARTTLS").is_ready();
}

TEST_CASE("auth_plain_succeeds_or_fails") {
  Conversation good(with_user());
  good.connected().hears("220 mx").hears("250-mx\n250 AUTH PLAIN").says("AUTH PLAIN AHUAcA==");
  good.awaits(Stage::auth, 5min).hears("235 2.7.0 ok").is_ready();
  Conversation later(with_user());
  later.connected().hears("220 mx").hears("250-mx\n250 AUTH PLAIN").hears("454 4.7.0 later");
  later.fails_session("transient reply-4yz auth 4.7.0 454").says("QUIT");
  Conversation never(with_user());
  never.connected().hears("220 mx").hears("250-mx\n250 AUTH PLAIN").hears("535 5.7.8 wrong");
  never.fails_session("permanent reply-5yz auth 5.7.8 535").says("QUIT");
  Conversation none(with_user());
  none.connected()
      .hears("220 mx")
      .hears("250 mx")
      .fails_session("transient unsupported auth 4.7.0 0")
      .says("QUIT");
}

TEST_CASE("auth_login_answers_twice_and_cancels_a_third_question") {
  Conversation session(with_user());
  session.connected().hears("220 mx").hears("250-mx\n250 AUTH LOGIN").says("AUTH LOGIN");
  session.hears("334 VXNlcm5hbWU6").says("dQ==").hears("334 UGFzc3dvcmQ6").says("cA==");
  session.hears("334 TW9yZTo=").says("*").hears("501 cancelled");
  session.fails_session("permanent reply-5yz auth 5.5.4 501").says("QUIT");
}

TEST_CASE("auth_tries_the_next_mechanism_after_504") {
  Conversation session(with_user());
  session.connected()
      .hears("220 mx")
      .hears("250-mx\n250 AUTH PLAIN LOGIN")
      .hears("504 5.5.4 not that");
  session.says("AUTH LOGIN")
      .hears("504 nor that")
      .fails_session("permanent reply-5yz auth 5.5.4 504");
}

TEST_CASE("auth_scram_success_without_proof_is_not_believed") {
  SessionSettings settings = with_user();
  settings.nonce = "nonce";
  Conversation session(settings);
  session.connected().hears("220 mx").hears("250-mx\n250 AUTH PLAIN SCRAM-SHA-256");
  session.says("AUTH SCRAM-SHA-256 " + tempfail::base::encode_base64("n,,n=u,r=nonce"));
  session.hears("235 welcome, whoever you are")
      .fails_session("transient protocol-error auth 4.5.0 0")
      .closes();
}
