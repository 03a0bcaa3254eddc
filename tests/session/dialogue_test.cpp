// The healthy dialogue: what a correct client hears of a server that works.
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using scenario::Extension;
using scenario::Stage;

TEST_CASE("dialogue: one message") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.says("220 mx.test ESMTP tempfail healthy")
      .hears("EHLO client.test")
      .says("250-mx.test\n250-PIPELINING\n250-SIZE "
            "67108864\n250-8BITMIME\n250-SMTPUTF8\n250-CHUNKING\n"
            "250-DSN\n250 ENHANCEDSTATUSCODES")
      .hears("MAIL FROM:<a@client.test> SIZE=100 BODY=8BITMIME")
      .says("250 2.1.0 Sender ok")
      .hears("RCPT TO:<b@mx.test> NOTIFY=NEVER")
      .says("250 2.1.5 Recipient ok")
      .hears("DATA")
      .says("354 End data with <CR><LF>.<CR><LF>")
      .hears("Message-ID: <1@client.test>\r\n\r\nHello\r\n..")
      .says_nothing()
      .hears(".")
      .says("250 2.0.0 Message accepted")
      .hears("QUIT")
      .says("221 2.0.0 Bye")
      .closes();

  const auto content = talk.events("content");
  REQUIRE(content.size() == 1);
  CHECK(content[0].message_id == "1@client.test");
  CHECK(content[0].size == 41);
  CHECK(content[0].breaches == 0);
  REQUIRE(talk.events("accepted").size() == 1);
  CHECK(talk.events("accepted")[0].transaction == 1);
  for (const Seen& exchange : talk.events("exchange")) {
    CHECK(exchange.breaches == 0);
    CHECK(exchange.rule == 0);
    CHECK(exchange.scenario == "healthy");
  }
  const auto end = talk.events("disconnect");
  REQUIRE(end.size() == 1);
  CHECK(end[0].by == journal::event::EndedBy::client_quit);
  CHECK(end[0].stage == Stage::quit);
  CHECK(server.state.total_connections() == 0);
}

TEST_CASE("dialogue: an accepted message is recorded before its reply is written") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<>").hears("RCPT TO:<b@c>").hears("DATA");
  talk.order.clear();
  talk.hears("x\r\n.");
  CHECK(talk.order ==
        std::vector<std::string>{"record content", "record exchange", "record accepted", "write"});
}
