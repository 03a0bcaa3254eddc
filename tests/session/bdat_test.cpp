// BDAT (RFC 3030): chunks, their replies, and chunks nobody wants.
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using scenario::Stage;

namespace {

Talk& opens(Talk& talk) {
  talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>");
  talk.take_output();
  return talk;
}

} // namespace

TEST_CASE("bdat: a message in chunks") {
  TalkServer server(healthy());
  Talk talk(server);
  opens(talk)
      .hears_bytes("BDAT 10\r\nSubject: x")
      .says("250 2.0.0 Chunk received")
      .hears_bytes("BDAT 9\r\n\r\n\r\n.\r\n..")
      .says("250 2.0.0 Chunk received")
      .hears_bytes("BDAT 2 LAST\r\n\r\n")
      .says("250 2.0.0 Message accepted")
      .hears("MAIL FROM:<c@d>")
      .says("250 2.1.0 Sender ok");
  REQUIRE(talk.events("content").size() == 1);
  CHECK(talk.events("content")[0].size == 21);
  CHECK(talk.events("content")[0].breaches == 0);
  const auto exchanges = talk.events("exchange");
  CHECK(exchanges[4].line == "BDAT 10");
  CHECK(exchanges[4].stage == Stage::data);
  CHECK(exchanges[6].line == "BDAT 2 LAST");
  CHECK(exchanges[6].stage == Stage::message);
}

TEST_CASE("bdat: an empty last chunk") {
  TalkServer server(healthy());
  Talk talk(server);
  opens(talk)
      .hears_bytes("BDAT 3\r\nabc")
      .says("250 2.0.0 Chunk received")
      .hears("BDAT 0 LAST")
      .says("250 2.0.0 Message accepted");
}

TEST_CASE("bdat: pipelined with the envelope and behind") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets()
      .hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nBDAT 3\r\nabcBDAT 4 LAST\r\ndef\nQUIT")
      .says("250 2.1.0 Sender ok\n250 2.1.5 Recipient ok\n250 2.0.0 Chunk received\n"
            "250 2.0.0 Message accepted\n221 2.0.0 Bye")
      .closes();
}

TEST_CASE("bdat: chunks of a refused message are skipped, not read as commands") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets().hears_bytes("BDAT 6\r\nQUIT\r\n").says("503 5.5.1 Send MAIL first");
  talk.hears("MAIL FROM:<a@b>").says("250 2.1.0 Sender ok");
  talk.hears_bytes("BDAT 6 LAST\r\nQUIT\r\n").says("554 5.5.1 No valid recipients").stays();
  talk.hears("NOOP").says("250 2.0.0 Ok");
}

TEST_CASE("bdat: a message that gets too large is refused before its chunk is read") {
  scenario::Scenario scenario = healthy();
  scenario.server.size_limit = 10;
  TalkServer server(scenario);
  Talk talk(server);
  opens(talk)
      .hears_bytes("BDAT 6\r\n123456")
      .says("250 2.0.0 Chunk received")
      .hears_bytes("BDAT 6\r\n")
      .says("552 5.3.4 Message exceeds the size limit")
      .hears_bytes("QUIT\r\nBDAT 1 LAST\r\nx")
      .says("503 5.5.1 Send MAIL first")
      .hears_bytes("BDAT 18446744073709551615\r\n")
      .says("503 5.5.1 Send MAIL first");
}

TEST_CASE("bdat: rules of stage data and message apply") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(rule(Stage::data, {reply("451 4.3.0 Not now")}, {}, times(1)));
  scenario.server.rules.push_back(rule(Stage::message, {reply("452 4.3.1 Full")}, {}, times(1)));
  TalkServer server(scenario);
  Talk talk(server);
  opens(talk).hears_bytes("BDAT 3 LAST\r\nabc").says("451 4.3.0 Not now").says_nothing();
  talk.hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>");
  talk.take_output();
  talk.hears_bytes("BDAT 3 LAST\r\nabc").says("452 4.3.1 Full");
  talk.hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>");
  talk.take_output();
  talk.hears_bytes("BDAT 3 LAST\r\nabc").says("250 2.0.0 Message accepted");
  CHECK(talk.events("accepted").size() == 1);
}

TEST_CASE("bdat: a rule that only delays leaves one reply to each chunk") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(rule(
      Stage::data, {scenario::action::Delay{std::chrono::seconds(5), std::chrono::seconds(5)}}));
  TalkServer server(scenario);
  Talk talk(server);
  opens(talk)
      .hears_bytes("BDAT 3\r\nabc")
      .says("250 2.0.0 Chunk received")
      .waited(std::chrono::seconds(5))
      .hears_bytes("BDAT 3 LAST\r\nabc")
      .says("250 2.0.0 Message accepted")
      .says_nothing();
  talk.hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>");
  talk.take_output();
  talk.hears_bytes("BDAT 3 LAST\r\nabc").says("250 2.0.0 Message accepted").says_nothing();
}

TEST_CASE("bdat: a rule of stage data that says 250 instead of 354 does not answer a chunk, to "
          "which that is right") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(rule(Stage::data, {reply("250 2.6.0 Instead of 354")}));
  scenario.server.rules.push_back(rule(Stage::message, {reply("452 4.3.1 Full")}));
  TalkServer server(scenario);
  Talk talk(server);
  opens(talk)
      .hears_bytes("BDAT 3\r\nabc")
      .says("250 2.0.0 Chunk received")
      .hears_bytes("BDAT 1 LAST\r\nx")
      .says("452 4.3.1 Full")
      .says_nothing();
  for (const Seen& each : talk.events("exchange"))
    if (each.stage == Stage::data) CHECK_FALSE(each.met);
  talk.hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>");
  talk.take_output();
  talk.hears("DATA").says("250 2.6.0 Instead of 354");
  CHECK(talk.last().met);
}

TEST_CASE("bdat: its size and LAST are recorded with each chunk") {
  TalkServer server(healthy());
  Talk talk(server);
  opens(talk).hears_bytes("BDAT 3\r\nabcBDAT 2 LAST\r\nde");
  const auto exchanges = talk.events("exchange");
  const Seen first = exchanges.at(exchanges.size() - 2);
  CHECK(first.verb == "BDAT");
  CHECK(first.size == 3);
  CHECK_FALSE(first.last_chunk);
  CHECK(exchanges.back().verb == "BDAT");
  CHECK(exchanges.back().size == 2);
  CHECK(exchanges.back().last_chunk);
}

TEST_CASE("bdat: chunks pipelined after a refused chunk are in order") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(rule(Stage::data, {reply("451 4.3.0 Not now")}));
  TalkServer server(scenario);
  Talk talk(server);
  opens(talk).hears_bytes("BDAT 3\r\nabcBDAT 3\r\ndefBDAT 1 LAST\r\nx");
  for (const Seen& each : talk.events("exchange"))
    CHECK_FALSE(each.has(journal::Breach::wrong_sequence));
  CHECK(talk.last().code == 503);
}

TEST_CASE("bdat: the chunk that comes behind a 421 is not read as commands") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(rule(Stage::data, {reply("421 4.3.2 Shutting down")}));
  TalkServer server(scenario);
  Talk talk(server);
  opens(talk)
      .hears_bytes("BDAT 14 LAST\r\nNOOP\r\n")
      .says("421 4.3.2 Shutting down")
      .closes()
      .hears_bytes("NOOP\r\nxx");
  CHECK(talk.last().line == "BDAT 14 LAST"); // nothing came after it but its chunk
  talk.hears("NOOP");
  CHECK(talk.last().line == "NOOP");
  CHECK(talk.last().has(journal::Breach::talked_after_421));
}

TEST_CASE("bdat: what was pipelined behind a 421 is skipped chunk by chunk") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(rule(Stage::mail, {reply("421 4.3.2 Shutting down")}));
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets()
      .hears_bytes(
          "MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nBDAT 6\r\nNOOP\r\nBDAT 6 LAST\r\nRSET\r\nQUIT\r\n")
      .says("421 4.3.2 Shutting down")
      .closes();
  std::vector<std::string> late;
  for (const auto& each : talk.events("exchange"))
    if (each.has(journal::Breach::talked_after_421)) late.push_back(each.line);
  CHECK(late == std::vector<std::string>{"RCPT TO:<b@c>", "BDAT 6", "BDAT 6 LAST"});
}
