// Wrong sequence and wrong syntax get the replies RFC 5321 names, and are noted.
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using journal::Breach;
using scenario::Extension;
using scenario::Stage;

TEST_CASE("errors: commands before EHLO") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.take_output();
  for (const std::string_view line :
       {"MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", "AUTH PLAIN", "STARTTLS"}) {
    CAPTURE(line);
    talk.hears(line).says("503 Send EHLO or HELO first");
    CHECK(talk.last().has(Breach::wrong_sequence));
    CHECK(talk.last().line == line);
  }
  talk.hears("BDAT 6").hears_bytes("NOOP\r\n").says("503 Send EHLO or HELO first").says_nothing();
  talk.hears("NOOP").says("250 Ok");
}

TEST_CASE("errors: commands out of order in a transaction") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets();
  const auto is_wrong = [&talk](std::string_view line, std::string_view reply) {
    CAPTURE(line);
    talk.hears(line).says(reply);
    CHECK(talk.last().has(Breach::wrong_sequence));
  };
  is_wrong("RCPT TO:<a@b>", "503 5.5.1 Send MAIL first");
  is_wrong("DATA", "503 5.5.1 Send MAIL first");
  talk.hears("MAIL FROM:<a@b>").says("250 2.1.0 Sender ok");
  is_wrong("MAIL FROM:<c@b>", "503 5.5.1 Sender already given");
  talk.hears("DATA").says("554 5.5.1 No valid recipients");
  talk.hears("RCPT TO:<a@b>").says("250 2.1.5 Recipient ok");
  talk.hears_bytes("BDAT 3\r\nabc").says("250 2.0.0 Chunk received");
  is_wrong("DATA", "503 5.5.1 DATA and BDAT can't be mixed");
  is_wrong("RCPT TO:<a@b>", "503 5.5.1 Send MAIL first");
}

TEST_CASE("errors: syntax") {
  scenario::Scenario scenario = healthy();
  scenario.server.extensions[static_cast<std::size_t>(Extension::vrfy)] = true;
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets();
  const auto is_wrong = [&talk](std::string_view line, std::string_view reply) {
    CAPTURE(line);
    talk.hears(line).says(reply);
    CHECK(talk.last().has(Breach::syntax));
  };
  is_wrong("EHLO", "501 5.5.4 Syntax: EHLO or HELO, and a host name");
  is_wrong("HELO ", "501 5.5.4 Syntax: EHLO or HELO, and a host name");
  is_wrong("MAIL", "501 5.5.4 Syntax: MAIL FROM:<address> [parameters]");
  is_wrong("MAIL TO:<a@b>", "501 5.5.4 Syntax: MAIL FROM:<address> [parameters]");
  is_wrong("MAIL FROM:a@b", "501 5.1.7 Bad sender address syntax");
  is_wrong("MAIL FROM:<a@b> SIZE=x", "501 5.5.4 Syntax error in parameters");
  is_wrong("MAIL FROM:<a@b> SIZE", "501 5.5.4 Syntax error in parameters");
  is_wrong("MAIL FROM:<a@b> BODY=9BIT", "501 5.5.4 Syntax error in parameters");
  is_wrong("MAIL FROM:<a@b> RET=ALL", "501 5.5.4 Syntax error in parameters");
  is_wrong("MAIL FROM:<a@b> ENVID=a+", "501 5.5.4 Syntax error in parameters");
  is_wrong("MAIL FROM:<a@b> SMTPUTF8=yes", "501 5.5.4 Syntax error in parameters");
  is_wrong("MAIL FROM:<a@b> SIZE=1 SIZE=2", "501 5.5.4 Syntax error in parameters");
  is_wrong("MAIL FROM:<a@b>x", "501 5.5.4 Syntax: MAIL FROM:<address> [parameters]");
  talk.hears("MAIL FROM:<a@b>").says("250 2.1.0 Sender ok");
  is_wrong("RCPT FROM:<a@b>", "501 5.5.4 Syntax: RCPT TO:<address> [parameters]");
  is_wrong("RCPT TO:<>", "501 5.1.3 Bad recipient address syntax");
  is_wrong("RCPT TO:<a@b> NOTIFY=NEVER,DELAY", "501 5.5.4 Syntax error in parameters");
  is_wrong("RCPT TO:<a@b> ORCPT=a@b", "501 5.5.4 Syntax error in parameters");
  is_wrong("DATA now", "501 5.5.4 This command takes no argument");
  is_wrong("RSET all", "501 5.5.4 This command takes no argument");
  is_wrong("QUIT now", "501 5.5.4 This command takes no argument");
  is_wrong("BDAT", "501 5.5.4 Syntax: BDAT size [LAST]");
  is_wrong("VRFY", "501 5.5.4 This command needs an argument");
  is_wrong("XYZZY", "500 5.5.1 Command not recognized");
  is_wrong("", "500 5.5.1 Command not recognized");
  talk.hears("RCPT TO:<a@b>").says("250 2.1.5 Recipient ok");
}

TEST_CASE("errors: BODY=BINARYMIME is of an extension that was not announced, and no wrong value") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b> body=binarymime");
  talk.says("555 5.5.4 Parameter not recognized or not implemented");
  CHECK(talk.last().breaches == static_cast<journal::Breaches>(Breach::unannounced_extension));
}

TEST_CASE(
    "errors: EHLO with what is neither a domain nor an address literal is answered, and told of") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets();
  for (const std::string_view wrong : {"EHLO ::1", "EHLO [::1]", "HELO host."}) {
    CAPTURE(wrong);
    talk.hears(wrong);
    CHECK(talk.last().code == 250);
    CHECK(talk.last().breaches == static_cast<journal::Breaches>(Breach::syntax));
  }
  for (const std::string_view right : {"EHLO host", "EHLO my_host", "EHLO mx.host.test",
                                       "EHLO [127.0.0.1]", "EHLO [IPv6:::1]", "HELO 127.0.0.1"}) {
    CAPTURE(right);
    talk.hears(right);
    CHECK(talk.last().breaches == 0);
  }
}

TEST_CASE("errors: parameters that are allowed") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets();
  for (const std::string_view line :
       {"MAIL FROM:<a@b> SIZE=12345 BODY=7BIT RET=HDRS ENVID=QQ314159+2B",
        "mail from:<> body=8bitmime smtputf8", "MAIL FROM:<\xC3\xA9@b> SMTPUTF8 RET=full"}) {
    CAPTURE(line);
    talk.hears(line).says("250 2.1.0 Sender ok");
    CHECK(talk.last().breaches == 0);
    for (const std::string_view rcpt :
         {"RCPT TO:<a@b> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a+2Bb@c",
          "RCPT TO:<a@b> notify=never", "RCPT TO:<Postmaster>",
          "RCPT TO:<@x,@y:a@[127.0.0.1]> ORCPT=utf-8;a@b"}) {
      CAPTURE(rcpt);
      talk.hears(rcpt).says("250 2.1.5 Recipient ok");
      CHECK(talk.last().breaches == 0);
    }
    talk.hears("RSET").says("250 2.0.0 Ok");
  }
}

TEST_CASE("errors: extensions that were not announced") {
  scenario::Scenario scenario = healthy();
  scenario.server.extensions = {};
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets();
  for (const std::string_view line :
       {"MAIL FROM:<a@b> SIZE=1", "MAIL FROM:<a@b> BODY=8BITMIME", "MAIL FROM:<a@b> SMTPUTF8",
        "MAIL FROM:<a@b> RET=FULL", "MAIL FROM:<a@b> AUTH=<>", "MAIL FROM:<a@b> X-FOO=1"}) {
    CAPTURE(line);
    talk.hears(line).says("555 Parameter not recognized or not implemented");
    CHECK(talk.last().has(Breach::unannounced_extension));
  }
  for (const std::string_view line : {"STARTTLS", "AUTH PLAIN", "BDAT 0 LAST"}) {
    CAPTURE(line);
    talk.hears(line).says("502 Command not implemented");
    CHECK(talk.last().has(Breach::unannounced_extension));
  }
  talk.hears("VRFY a")
      .says("502 Command not implemented")
      .hears("HELP")
      .says("502 Command not implemented");
  talk.hears("MAIL FROM:<a@b>").says("250 Sender ok").hears("RCPT TO:<a@b> NOTIFY=NEVER");
  CHECK(talk.last().code == 555);
}

TEST_CASE("errors: a line that is too long") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets();
  talk.hears("NOOP " + std::string(505, 'x')).says("250 2.0.0 Ok");
  CHECK(talk.last().breaches == 0);
  talk.hears("NOOP " + std::string(506, 'x')).says("250 2.0.0 Ok");
  CHECK(talk.last().has(Breach::line_too_long));
  talk.hears("NOOP " + std::string(5000, 'x')).says("500 5.5.2 Line too long");
  CHECK(talk.last().has(Breach::line_too_long));
  CHECK(talk.last().line.size() == 4096);
  talk.hears("NOOP").says("250 2.0.0 Ok").stays();
}

TEST_CASE("errors: too many end the session") {
  session::Limits limits;
  limits.errors = 3;
  TalkServer server(healthy(), limits);
  Talk talk(server);
  talk.greets()
      .hears("A")
      .says("500 5.5.1 Command not recognized")
      .hears("B")
      .says("500 5.5.1 Command not recognized")
      .hears("C")
      .says("500 5.5.1 Command not recognized\n421 4.7.0 Too many errors, closing the connection")
      .closes();
  CHECK(talk.events("disconnect").at(0).by == journal::event::EndedBy::server);
}

TEST_CASE("errors: after a greeting that refuses service only QUIT is taken") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(rule(Stage::greeting, {reply("554 5.7.1 No service here")}));
  TalkServer server(scenario);
  Talk talk(server);
  talk.says("554 5.7.1 No service here")
      .hears("EHLO c")
      .says("503 No service here, only QUIT is accepted")
      .hears("NOOP")
      .says("503 No service here, only QUIT is accepted")
      .hears("QUIT")
      .says("221 Bye")
      .closes();
}
