// The healthy dialogue: what a correct client hears of a server that works.
#include "session/talk.hpp"

#include "support/catch.hpp"

#include <algorithm>

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
    CHECK(exchange.server == 1);
    CHECK(exchange.met == (exchange.stage == Stage::ehlo)); // what it announces is not the usual
    CHECK(exchange.answered == exchange.time);
  }
  const auto end = talk.events("disconnect");
  REQUIRE(end.size() == 1);
  CHECK(end[0].by == journal::event::EndedBy::client_quit);
  CHECK(end[0].stage == Stage::quit);
  CHECK(server.state.total_connections() == 0);
}

TEST_CASE("dialogue: what a notification says is recorded, and only of what comes from <>") {
  const std::string report =
      "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
      "--x\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: y\r\n"
      "--x\r\nContent-Type: message/delivery-status\r\n"
      "\r\nReporting-MTA: dns; x\r\nOriginal-Envelope-Id: 17\r\n"
      "\r\nFinal-Recipient: rfc822; b@x\r\nAction: failed\r\nStatus: 4.4.7\r\n"
      "\r\nFinal-Recipient: rfc822; c@x\r\nAction: delayed\r\nStatus: 4.2.2\r\n--x--\r\n.";
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<>").hears("RCPT TO:<b@c>").hears("DATA").hears(report);
  talk.hears("MAIL FROM:<a@b>").hears("RCPT TO:<b@c>").hears("DATA").hears(report);
  const auto content = talk.events("content");
  REQUIRE(content.size() == 2);
  CHECK(content[0].reports == std::vector<std::string>{"b@x failed 4.4.7", "c@x delayed 4.2.2"});
  CHECK(content[0].form ==
        "multipart/report; report-type=delivery-status|message/delivery-status|dns; x|17|header|");
  CHECK(content[1].reports.empty());
  CHECK(content[1].form == "|||||");
}

TEST_CASE("dialogue: what is asked for with MAIL and RCPT is recorded as it was written") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b> SIZE=10 ret=hdrs ENVID=a+2Bb BODY=7BIT");
  talk.hears("RCPT TO:<b@c> NOTIFY=SUCCESS,failure ORCPT=rfc822;B+40c").hears("RCPT TO:<d@c>");
  const auto exchanges = talk.events("exchange");
  REQUIRE(exchanges.size() >= 3);
  const std::size_t last = exchanges.size() - 1;
  CHECK(exchanges[last - 2].parameters == "ret=hdrs ENVID=a+2Bb");
  CHECK(exchanges[last - 1].parameters == "NOTIFY=SUCCESS,failure ORCPT=rfc822;B+40c");
  CHECK(exchanges[last].parameters.empty());
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

TEST_CASE("dialogue: HELO gets no extensions and no enhanced status codes") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.says("220 mx.test ESMTP tempfail healthy")
      .hears("HELO client.test")
      .says("250 mx.test")
      .hears("MAIL FROM:<a@b>")
      .says("250 Sender ok")
      .hears("MAIL FROM:<a@b>")
      .says("503 Sender already given")
      .hears("RSET")
      .says("250 Ok")
      .hears("MAIL FROM:<a@b> SIZE=1")
      .says("555 Parameter not recognized or not implemented");
}

TEST_CASE("dialogue: a whole pipelined message in one segment, replies in order and in one write") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets();
  talk.order.clear();
  talk.hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nRCPT TO:<bad>\r\nRCPT TO:<d@c>\r\nDATA")
      .says("250 2.1.0 Sender ok\n250 2.1.5 Recipient ok\n501 5.1.3 Bad recipient address syntax\n"
            "250 2.1.5 Recipient ok\n354 End data with <CR><LF>.<CR><LF>");
  CHECK(std::count(talk.order.begin(), talk.order.end(), "write") == 1);
  talk.hears("Subject: x\r\n\r\nx\r\n.\r\nMAIL FROM:<c@b>\r\nRCPT TO:<b@c>\r\nDATA")
      .says("250 2.0.0 Message accepted\n250 2.1.0 Sender ok\n250 2.1.5 Recipient ok\n"
            "354 End data with <CR><LF>.<CR><LF>")
      .hears("y\r\n.\r\nQUIT")
      .says("250 2.0.0 Message accepted\n221 2.0.0 Bye")
      .closes();
  REQUIRE(talk.events("accepted").size() == 2);
  CHECK(talk.events("accepted")[0].transaction == 1);
  CHECK(talk.events("accepted")[1].transaction == 2);
  for (const Seen& exchange : talk.events("exchange"))
    if (exchange.line != "RCPT TO:<bad>") CHECK(exchange.breaches == 0);
}

TEST_CASE("dialogue: recipients are judged one by one") {
  scenario::Scenario scenario = healthy();
  scenario::TextTest full{scenario::TextField::recipient, {"full@*"}, false};
  scenario.server.rules.push_back(rule(Stage::rcpt, {reply("452 4.2.2 Mailbox full")}, {full}));
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets()
      .hears("MAIL FROM:<a@b>\r\nRCPT TO:<one@c>\r\nRCPT TO:<full@c>\r\nRCPT TO:<two@c>")
      .says("250 2.1.0 Sender ok\n250 2.1.5 Recipient ok\n452 4.2.2 Mailbox full\n250 2.1.5 "
            "Recipient ok");
  CHECK(talk.events("exchange")[4].rule == scenario.server.rules[0].line);
}

TEST_CASE("dialogue: RSET and EHLO forget the envelope") {
  TalkServer server(healthy());
  Talk talk(server);
  for (const std::string_view forget : {"RSET", "EHLO again.test", "HELO again.test"}) {
    talk.hears("EHLO client.test").hears("MAIL FROM:<a@b>").hears("RCPT TO:<b@c>").hears(forget);
    talk.take_output();
    talk.hears("DATA");
    CHECK(talk.last().code == 503);
    talk.take_output();
    talk.hears("RSET");
  }
}

TEST_CASE("dialogue: commands that belong to no transaction") {
  scenario::Scenario scenario = healthy();
  scenario.server.extensions = extensions({Extension::vrfy, Extension::help});
  TalkServer server(scenario);
  Talk talk(server);
  talk.says("220 mx.test ESMTP tempfail healthy")
      .hears("NOOP with words")
      .says("250 Ok")
      .hears("EHLO c")
      .says("250-mx.test\n250-VRFY\n250 HELP")
      .hears("HELP")
      .says("214 EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT")
      .hears("VRFY somebody")
      .says("252 Cannot verify the user, but will accept mail and try to deliver it")
      .hears("EXPN list")
      .says("502 Command not implemented")
      .hears("NOOP")
      .says("250 Ok");
}

TEST_CASE("dialogue: the size limit is announced and enforced") {
  scenario::Scenario scenario = healthy();
  scenario.server.size_limit = 1000;
  TalkServer server(scenario);
  Talk talk(server);
  talk.hears("EHLO c");
  CHECK(talk.take_output().find("250-SIZE 1000\r\n") != std::string::npos);
  talk.hears("MAIL FROM:<a@b> SIZE=1001").says("552 5.3.4 Message exceeds the size limit");
  talk.hears("MAIL FROM:<a@b> SIZE=1000")
      .says("250 2.1.0 Sender ok")
      .hears("RCPT TO:<b@c>")
      .hears("DATA");
  talk.take_output();
  talk.hears(std::string(996, 'x') + "\r\nyy\r\n.")
      .says("552 5.3.4 Message exceeds the size limit");
  CHECK(talk.events("content").back().has(journal::Breach::size_wrong));
  CHECK(talk.events("accepted").empty());
  talk.hears("MAIL FROM:<a@b>").hears("RCPT TO:<b@c>").hears("DATA");
  talk.take_output();
  talk.hears(std::string(996, 'x') + "\r\ny\r\n.");
  CHECK(talk.last().code == 552);
  talk.take_output();
  talk.hears("MAIL FROM:<a@b>").hears("RCPT TO:<b@c>").hears("DATA");
  talk.take_output();
  talk.hears(std::string(998, 'x') + "\r\n.").says("250 2.0.0 Message accepted");
}

TEST_CASE("dialogue: a message with too many trace fields is refused") {
  session::Limits limits;
  limits.received_fields = 3;
  TalkServer server(healthy(), limits);
  Talk talk(server);
  const std::string three = "Received: a\r\nReceived: b\r\nReceived: c\r\n";
  talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA");
  talk.take_output();
  talk.hears(three + "\r\nx\r\n.").says("250 2.0.0 Message accepted");
  talk.hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA");
  talk.take_output();
  talk.hears("Received: d\r\n" + three + "\r\nx\r\n.").says("554 5.4.6 Too many hops");
}

TEST_CASE("dialogue: too many recipients") {
  session::Limits limits;
  limits.recipients = 2;
  TalkServer server(healthy(), limits);
  Talk talk(server);
  talk.greets()
      .hears("MAIL FROM:<a@b>\r\nRCPT TO:<1@c>\r\nRCPT TO:<2@c>\r\nRCPT TO:<3@c>")
      .says("250 2.1.0 Sender ok\n250 2.1.5 Recipient ok\n250 2.1.5 Recipient ok\n452 4.5.3 Too "
            "many recipients")
      .hears("DATA");
  CHECK(talk.last().code == 354);
}

TEST_CASE("dialogue: a call takes so many lines and no more") {
  TalkServer server(healthy());
  session::Effects effects;
  const auto session =
      session::make_session(server.prepared, server.state, {"127.0.0.1", 1, 25, false}, 1);
  session->start({}, effects);
  std::string noops;
  for (unsigned i = 0; i < 3 * session::lines_per_call; ++i)
    noops += "NOOP\r\n";
  std::string_view input(noops);
  for (unsigned calls = 1; calls <= 3; ++calls) {
    effects.clear();
    session->receive(input, {}, effects);
    CHECK(input.size() == noops.size() / 3 * (3 - calls));
  }
}

TEST_CASE("dialogue: commands without mail come to an end") {
  session::Limits limits;
  limits.commands = 5;
  TalkServer server(healthy(), limits);
  Talk talk(server);
  talk.greets();
  for (int i = 0; i < 2; ++i) // with mail there is none
    talk.hears("MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA").hears("x\r\n.");
  talk.take_output();
  for (int i = 0; i < 5; ++i)
    talk.hears("NOOP").says("250 2.0.0 Ok");
  talk.hears("NOOP")
      .says("421 4.7.0 Too many commands without mail, closing the connection")
      .closes();
}
