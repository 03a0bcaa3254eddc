// STARTTLS and implicit TLS, as the session sees them.
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using journal::Breach;
using scenario::Extension;
using scenario::Stage;

namespace {

scenario::Scenario with_starttls() {
  scenario::Scenario made = healthy();
  made.server.tls = scenario::TlsMode::starttls;
  made.server.extensions = extensions({Extension::pipelining, Extension::starttls});
  return made;
}

} // namespace

TEST_CASE("tls: STARTTLS, and everything is forgotten") {
  TalkServer server(with_starttls());
  Talk talk(server);
  talk.take_output();
  talk.hears("EHLO c")
      .says("250-mx.test\n250-PIPELINING\n250 STARTTLS")
      .hears("MAIL FROM:<a@b>")
      .says("250 Sender ok")
      .hears("STARTTLS")
      .says("220 Ready to start TLS");
  CHECK(talk.tls_wanted);
  talk.tls_comes_up()
      .says_nothing()
      .hears("MAIL FROM:<a@b>")
      .says("503 Send EHLO or HELO first")
      .hears("EHLO c")
      .says("250-mx.test\n250 PIPELINING")
      .hears("STARTTLS")
      .says("503 TLS is already active")
      .hears("MAIL FROM:<a@b>")
      .says("250 Sender ok");
  REQUIRE(talk.events("tls").size() == 1);
  CHECK(talk.events("tls")[0].ok);
}

TEST_CASE("tls: other extensions once TLS is up") {
  scenario::Scenario scenario = with_starttls();
  scenario.server.extensions_after_tls =
      extensions({Extension::starttls, Extension::eight_bit_mime});
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets()
      .hears("STARTTLS")
      .says("220 Ready to start TLS")
      .tls_comes_up()
      .hears("EHLO c")
      .says("250-mx.test\n250 8BITMIME");
}

TEST_CASE("tls: what comes in clear behind STARTTLS is noted and never looked at") {
  TalkServer server(with_starttls());
  Talk talk(server);
  talk.greets().hears("STARTTLS\r\nMAIL FROM:<injected@b>\r\nEHL").says("220 Ready to start TLS");
  CHECK(talk.last().has(Breach::plaintext_behind_starttls));
  CHECK_FALSE(talk.last().has(Breach::pipelined_without_leave));
  talk.tls_comes_up().says_nothing().hears("EHLO c").says("250-mx.test\n250 PIPELINING");
  for (const Seen& each : talk.events("exchange"))
    CHECK(each.line.find("injected") == std::string::npos);
}

TEST_CASE("tls: a handshake that fails ends the session") {
  TalkServer server(with_starttls());
  Talk talk(server);
  talk.greets().hears("STARTTLS").says("220 Ready to start TLS").tls_fails().closes();
  CHECK_FALSE(talk.events("tls").at(0).ok);
  CHECK(talk.events("disconnect").at(0).stage == Stage::handshake);
}

TEST_CASE("tls: refused for a while by a rule") {
  scenario::Scenario scenario = with_starttls();
  scenario.server.rules.push_back(
      rule(Stage::starttls, {reply("454 4.7.0 TLS not available")}, {}, times(1)));
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets().hears("STARTTLS").says("454 4.7.0 TLS not available");
  CHECK_FALSE(talk.tls_wanted);
  talk.hears("STARTTLS").says("220 Ready to start TLS");
  CHECK(talk.tls_wanted);
}

TEST_CASE("tls: rules of stage handshake act in its place") {
  scenario::Scenario scenario = with_starttls();
  scenario.server.rules.push_back(rule(Stage::handshake, {reset_now}));
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets().hears("STARTTLS").says("220 Ready to start TLS").resets();
  CHECK_FALSE(talk.tls_wanted);
  CHECK(talk.last().stage == Stage::handshake);
  CHECK(talk.last().other_actions == "reset");
}

TEST_CASE("tls: implicit, from the first byte") {
  scenario::Scenario scenario = healthy();
  scenario.server.tls = scenario::TlsMode::implicit;
  scenario.server.extensions = extensions({Extension::starttls});
  scenario.server.rules.push_back(rule(Stage::mail, {reply("451 4.7.0 In TLS")},
                                       {scenario::FlagTest{scenario::FlagField::tls, true}}));
  TalkServer server(scenario);
  TalkOptions options;
  options.peer.implicit_tls = true;
  Talk talk(server, options);
  talk.says_nothing();
  talk.tls_comes_up()
      .says("220 mx.test ESMTP tempfail healthy")
      .hears("EHLO c")
      .says("250 mx.test");
  talk.hears("MAIL FROM:<a@b>").says("451 4.7.0 In TLS");
}

TEST_CASE("tls: behind a half-close in place of the handshake, the client's hello is no command") {
  const auto [stage, implicit] = GENERATE(table<Stage, bool>(
      {{Stage::connect, true}, {Stage::handshake, true}, {Stage::handshake, false}}));
  CAPTURE(implicit);
  scenario::Scenario scenario = with_starttls();
  scenario.server.rules.push_back(rule(stage, {scenario::action::HalfClose{}}));
  TalkServer server(scenario);
  TalkOptions options;
  options.peer.implicit_tls = implicit;
  Talk talk(server, options);
  if (!implicit) talk.greets().hears("STARTTLS").says("220 Ready to start TLS");
  const std::size_t known = talk.events().size();
  talk.hears_bytes("\x16\x03\x01\r\nQUIT\r\n").says_nothing().stays();
  CHECK(talk.half_closed);
  CHECK_FALSE(talk.tls_wanted);
  CHECK(talk.events().size() == known);
  talk.leaves();
  CHECK(talk.events("disconnect").size() == 1);
}
