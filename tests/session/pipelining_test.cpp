// What is sent behind a refused MAIL: no breach of who pipelines, one of who has not said MAIL at all.
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using journal::Breach;
using scenario::Stage;

namespace {

scenario::Scenario refusing_mail() {
  scenario::Scenario made = healthy();
  made.server.rules.push_back(rule(Stage::mail, {reply("452 4.3.1 Full")}, {}, times(1)));
  return made;
}

std::vector<bool> out_of_sequence(const Talk& talk) {
  std::vector<bool> found;
  for (const Seen& exchange : talk.events("exchange"))
    if (exchange.code == 503) found.push_back(exchange.has(Breach::wrong_sequence));
  return found;
}

} // namespace

TEST_CASE("pipelining: commands behind a refused MAIL are in order, in one segment or in several") {
  for (const std::size_t segment : {0U, 1U, 7U}) {
    TalkServer server(refusing_mail());
    TalkOptions options;
    options.segment = segment;
    Talk talk(server, options);
    talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nRCPT TO:<c@c>\r\nDATA");
    CHECK(out_of_sequence(talk) == std::vector<bool>{false, false, false});
  }
}

TEST_CASE("pipelining: a chunk behind a refused MAIL is in order") {
  TalkServer server(refusing_mail());
  Talk talk(server);
  talk.greets().hears_bytes("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nBDAT 3 LAST\r\nx\r\n");
  CHECK(out_of_sequence(talk) == std::vector<bool>{false, false});
}

TEST_CASE("pipelining: RCPT without MAIL is out of order, and so is one after RSET") {
  TalkServer server(refusing_mail());
  Talk talk(server);
  talk.greets()
      .hears("RCPT TO:<b@c>")
      .hears("MAIL FROM:<a@b>")
      .hears("RSET")
      .hears("RCPT TO:<b@c>");
  CHECK(out_of_sequence(talk) == std::vector<bool>{true, true});
}

TEST_CASE(
    "pipelining: where it is not announced, what is sent behind a refused MAIL is out of order") {
  scenario::Scenario made = refusing_mail();
  made.server.extensions = extensions({scenario::Extension::size});
  TalkServer server(made);
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>").hears("RCPT TO:<b@c>");
  CHECK(out_of_sequence(talk) == std::vector<bool>{true});
}
