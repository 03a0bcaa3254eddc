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

namespace {

/// Whether a chunk after this breaks the order.
bool chunk_is_out_of_order(std::string_view before, scenario::Scenario scenario) {
  TalkServer server(std::move(scenario));
  Talk talk(server);
  talk.greets().hears_bytes(before);
  talk.hears_bytes("BDAT 3 LAST\r\nx\r\n");
  return talk.last().has(Breach::wrong_sequence);
}

scenario::Scenario refusing_recipients() {
  scenario::Scenario made = healthy();
  made.server.rules.push_back(rule(Stage::rcpt, {reply("550 5.1.1 No")}));
  return made;
}

scenario::Scenario without_pipelining(scenario::Scenario made) {
  made.server.extensions = extensions({scenario::Extension::chunking});
  return made;
}

} // namespace

TEST_CASE("pipelining: a chunk after the envelope was refused may have been under way") {
  const std::string_view envelope = "MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\n";
  CHECK_FALSE(chunk_is_out_of_order(envelope, refusing_mail()));
  CHECK_FALSE(chunk_is_out_of_order(envelope, refusing_recipients()));
  CHECK_FALSE(chunk_is_out_of_order(envelope, healthy()));
}

TEST_CASE("pipelining: a chunk of a client that has read the refusal is out of order") {
  const std::string_view envelope = "MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\n";
  const std::string_view mail = "MAIL FROM:<a@b>\r\n";
  CHECK(chunk_is_out_of_order(mail, without_pipelining(refusing_mail())));
  TalkServer server(without_pipelining(refusing_recipients()));
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>").hears("RCPT TO:<b@c>");
  talk.hears_bytes("BDAT 3 LAST\r\nx\r\n");
  CHECK(talk.last().has(Breach::wrong_sequence));
  // Whoever does not know of a refusal sends RCPT.
  CHECK(chunk_is_out_of_order(mail, refusing_mail()));
  CHECK(chunk_is_out_of_order(mail, healthy()));
  CHECK_FALSE(chunk_is_out_of_order(envelope, without_pipelining(healthy())));
}
