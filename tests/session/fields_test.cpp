// What an exchange says of its command, so that nobody has to read the line again.
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
using journal::Breach;
using scenario::Extension;
using scenario::Stage;

TEST_CASE("fields: verb, address, size and envelope id") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets().hears("mail from:<@relay:a@b> SIZE=42 ENVID=x+20y");
  Seen mail = talk.last();
  CHECK(mail.verb == "MAIL");
  CHECK(mail.address == "a@b");
  CHECK(mail.size == 42);
  CHECK(mail.envelope_id == "x+20y");
  talk.hears("RCPT TO:<b@c>");
  CHECK(talk.last().verb == "RCPT");
  CHECK(talk.last().address == "b@c");
  talk.hears("RSET").hears("MAIL FROM:<>");
  CHECK(talk.last().address == "");
  talk.hears("RSET").hears("MAIL FROM:a");
  CHECK_FALSE(talk.last().address);
  CHECK(talk.last().verb == "MAIL");
  CHECK(talk.events("exchange").at(0).verb.empty()); // the greeting
}

TEST_CASE("fields: exchanges are counted from 1") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets().hears("NOOP\r\nRSET");
  std::uint32_t expected = 0;
  for (const Seen& each : talk.events("exchange"))
    CHECK(each.number == ++expected);
}

TEST_CASE("fields: whether EHLO was answered with PIPELINING") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets();
  CHECK(talk.last().pipelining);
  talk.hears("HELO c");
  CHECK_FALSE(talk.last().pipelining);
}

TEST_CASE("fields: what a rule's own reply to EHLO announces is what counts") {
  scenario::Scenario scenario = healthy();
  scenario.server.tls = scenario::TlsMode::starttls;
  scenario.server.extensions =
      extensions({Extension::pipelining, Extension::starttls, Extension::size});
  scenario.server.rules.push_back(
      rule(Stage::ehlo, {reply("250 mx.test\nSIZE 1000")}, {}, times(1)));
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets();
  CHECK_FALSE(talk.last().pipelining);
  talk.hears("STARTTLS");
  CHECK(talk.last().has(Breach::unannounced_extension)); // it was stripped
  talk.hears("EHLO again");
  CHECK(talk.last().pipelining);
  talk.hears("STARTTLS");
  CHECK_FALSE(talk.last().has(Breach::unannounced_extension));
}

TEST_CASE("fields: a command that had to wait was asked when it arrived") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets();
  session::Effects out;
  std::string_view input = "NOOP\r\n";
  talk.session().receive(input, 10s, out, Moment(3s));
  const journal::event::Exchange* exchange = nullptr;
  for (const session::Effect& each : out.list)
    if (const auto* record = std::get_if<session::effect::Record>(&each))
      exchange = std::get_if<journal::event::Exchange>(&record->event.body);
  REQUIRE(exchange != nullptr);
  CHECK(exchange->asked == 3s);
  CHECK(exchange->answered == Moment(10s));
}
