// AUTH PLAIN and LOGIN, and that no secret comes into the journal.
#include "session/auth.hpp"
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using journal::Breach;
using scenario::Stage;

namespace {

scenario::Scenario with_auth(bool required = false) {
  scenario::Scenario made = healthy();
  made.server.extensions[static_cast<std::size_t>(scenario::Extension::auth)] = true;
  made.server.auth.emplace();
  made.server.auth->users = {{"user", "secret"}};
  made.server.auth->required = required;
  return made;
}

constexpr const char* user = "dXNlcg==";               // user
constexpr const char* secret = "c2VjcmV0";             // secret
constexpr const char* plain_good = "AHVzZXIAc2VjcmV0"; // NUL user NUL secret
constexpr const char* plain_bad = "AHVzZXIAd3Jvbmc=";  // NUL user NUL wrong

void check_no_secrets(const Talk& talk) {
  for (const Seen& each : talk.events()) {
    for (const char* text : {user, secret, plain_good, plain_bad}) {
      CHECK(each.line.find(text) == std::string::npos);
    }
  }
}

} // namespace

TEST_CASE("auth: PLAIN with an initial response") {
  TalkServer server(with_auth());
  Talk talk(server);
  talk.hears("EHLO c");
  CHECK(talk.take_output().find("250 AUTH PLAIN LOGIN\r\n") != std::string::npos);
  talk.hears(std::string("AUTH PLAIN ") + plain_bad)
      .says("535 5.7.8 Authentication credentials invalid");
  CHECK(talk.last().line == "AUTH PLAIN *");
  CHECK(talk.last().stage == Stage::auth);
  talk.hears(std::string("auth plain ") + plain_good).says("235 2.7.0 Authentication succeeded");
  talk.hears("AUTH PLAIN").says("503 5.5.1 Already authenticated");
  CHECK(talk.last().has(Breach::wrong_sequence));
  check_no_secrets(talk);
}

TEST_CASE("auth: PLAIN and LOGIN with prompts") {
  TalkServer server(with_auth());
  {
    Talk talk(server);
    talk.greets()
        .hears("AUTH PLAIN")
        .says("334 ")
        .hears(plain_good)
        .says("235 2.7.0 Authentication succeeded");
    check_no_secrets(talk);
    CHECK(talk.last().line == "*");
  }
  {
    Talk talk(server);
    talk.greets()
        .hears("AUTH LOGIN")
        .says("334 VXNlcm5hbWU6")
        .hears(user)
        .says("334 UGFzc3dvcmQ6")
        .hears(secret)
        .says("235 2.7.0 Authentication succeeded");
    check_no_secrets(talk);
  }
  Talk talk(server);
  talk.greets()
      .hears(std::string("AUTH LOGIN ") + user)
      .says("334 UGFzc3dvcmQ6")
      .hears("d3Jvbmc=")
      .says("535 5.7.8 Authentication credentials invalid")
      .hears("NOOP")
      .says("250 2.0.0 Ok");
  check_no_secrets(talk);
}

TEST_CASE("auth: cancelled, malformed, unknown") {
  TalkServer server(with_auth());
  Talk talk(server);
  talk.greets()
      .hears("AUTH LOGIN")
      .says("334 VXNlcm5hbWU6")
      .hears("*")
      .says("501 5.7.0 Authentication cancelled")
      .hears("AUTH PLAIN")
      .says("334 ")
      .hears("no base64!")
      .says("501 5.5.2 Cannot decode the response")
      .hears("AUTH PLAIN dXNlcg==") // no NUL in it
      .says("501 5.5.2 Cannot decode the response")
      .hears("AUTH PLAIN =")
      .says("501 5.5.2 Cannot decode the response")
      .hears("AUTH CRAM-MD5")
      .says("504 5.5.4 Authentication mechanism not supported")
      .hears("AUTH")
      .says("501 5.5.4 This command needs an argument")
      .hears("MAIL FROM:<a@b>")
      .says("250 2.1.0 Sender ok")
      .hears("AUTH PLAIN")
      .says("503 5.5.1 Not during a mail transaction");
}

TEST_CASE("auth: required before MAIL") {
  TalkServer server(with_auth(true));
  Talk talk(server);
  talk.greets()
      .hears("MAIL FROM:<a@b>")
      .says("530 5.7.0 Authentication required")
      .hears(std::string("AUTH PLAIN ") + plain_good)
      .says("235 2.7.0 Authentication succeeded")
      .hears("MAIL FROM:<a@b> AUTH=<>")
      .says("250 2.1.0 Sender ok");
}

TEST_CASE("auth: without users anyone is let in, and a rule can fail it for a while") {
  scenario::Scenario scenario = with_auth();
  scenario.server.auth->users.clear();
  scenario.server.rules.push_back(
      rule(Stage::auth, {reply("454 4.7.0 Temporary authentication failure")}, {}, times(1)));
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets()
      .hears("AUTH LOGIN")
      .says("334 VXNlcm5hbWU6")
      .hears(user)
      .says("334 UGFzc3dvcmQ6")
      .hears(secret)
      .says("454 4.7.0 Temporary authentication failure")
      .hears(std::string("AUTH PLAIN ") + plain_bad)
      .says("235 2.7.0 Authentication succeeded");
}

TEST_CASE("auth: the journal has what is known to be no secret, and no more") {
  struct Line {
    const char* said;
    const char* shown;
    const char* verb;
  };
  const Line lines[] = {
      {"AUTH PLAIN", "AUTH PLAIN", "AUTH"},
      {"dXNlcg==", "*", "*"},
      {"AUTH SCRAM-SHA-256 biws", "AUTH SCRAM-SHA-256 *", "AUTH"},
      {"AUTH dXNlcg==", "AUTH *", "AUTH"},
      {"AUTHPLAIN dXNlcg==", "AUTH *", "*"},
      {" AUTH PLAIN dXNlcg==", " AUTH *", "*"},
      {"AUTH=PLAIN dXNlcg==", "AUTH *", "*"},
      {"AUHT PLAIN dXNlcg==", "AUHT PLAIN *", "*"},
      {"PASS secret", "PASS *", "*"},
      {"NOOP AUTH x", "NOOP AUTH *", "NOOP"},
      {"NOOP", "NOOP", "NOOP"},
      // A command has come between: this is none of an exchange's lines.
      {"FOO bar", "FOO bar", "FOO"},
      {"EHLO auth.example.test", "EHLO auth.example.test", "EHLO"},
      {"VRFY author", "VRFY author", "VRFY"},
      {"MAIL FROM:<auth@plain.test> AUTH=<>", "MAIL FROM:<auth@plain.test> AUTH=<>", "MAIL"},
      {"RCPT TO:<\"auth plain x\"@b.test>", "RCPT TO:<\"auth plain x\"@b.test>", "RCPT"},
  };
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets();
  for (const Line& line : lines) {
    CAPTURE(line.said);
    talk.hears(line.said);
    CHECK(talk.last().line == line.shown);
    CHECK(talk.last().verb == line.verb);
  }
}
