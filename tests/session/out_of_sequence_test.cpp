// Rules that fire even where the server itself would refuse a command's place in the session.
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using journal::Breach;
using scenario::Stage;

namespace {

scenario::Rule even_out_of_sequence(Stage stage, std::string_view text,
                                    scenario::Condition when = {}) {
  scenario::Rule made = rule(stage, {reply(text)}, std::move(when));
  made.out_of_sequence = true;
  return made;
}

scenario::Scenario with(std::vector<scenario::Rule> rules) {
  scenario::Scenario made = healthy();
  made.server.rules = std::move(rules);
  return made;
}

/// Refuses every recipient, and says 354 to DATA all the same.
scenario::Scenario going_ahead() {
  return with({rule(Stage::rcpt, {reply("450 4.2.1 Busy")}, {}, times(1)),
               even_out_of_sequence(Stage::data, "354 Go on")});
}

} // namespace

TEST_CASE("out of sequence: 354 without recipients, a lone dot, and 554") {
  for (const std::size_t segment : {0U, 1U}) {
    TalkServer server(going_ahead());
    TalkOptions options;
    options.segment = segment;
    Talk talk(server, options);
    talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA");
    talk.says("250 2.1.0 Sender ok").says("450 4.2.1 Busy").says("354 Go on").says_nothing();
    CHECK(talk.last().rule == server.scenario->server.rules[1].line);
    CHECK(talk.last().breaches == 0);
    talk.hears(".").says("554 5.5.1 No valid recipients").says_nothing().stays();
    CHECK(talk.last().stage == Stage::message);
    CHECK(talk.events("accepted").empty());
    // The transaction is over, and the next one is a usual one.
    talk.hears("RCPT TO:<b@c>").says("503 5.5.1 Send MAIL first");
    talk.hears("MAIL FROM:<a@b>").says("250 2.1.0 Sender ok");
    talk.hears("RCPT TO:<b@c>").says("250 2.1.5 Recipient ok").hears("DATA").says("354 Go on");
    talk.hears("x\r\n.").says("250 2.0.0 Message accepted");
    CHECK(talk.events("accepted").size() == 1);
  }
}

TEST_CASE("out of sequence: content without recipients is read, refused, and accepted by no rule") {
  scenario::Scenario scenario = going_ahead();
  scenario.server.rules.push_back(even_out_of_sequence(Stage::message, "250 2.0.0 Fine"));
  scenario.server.spool = scenario::Spool{1000, 0, {}};
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA");
  talk.take_output();
  talk.hears("NOOP\r\nx\r\n.").says("250 2.0.0 Fine").says_nothing();
  CHECK(talk.events("accepted").empty());
  CHECK(server.state.spool_free({}) == 1000);
}

TEST_CASE("out of sequence: 354 to DATA without MAIL leads to content, too") {
  TalkServer server(with({even_out_of_sequence(Stage::data, "354 Go on")}));
  Talk talk(server);
  talk.greets().hears("DATA").says("354 Go on");
  CHECK(talk.last().has(Breach::wrong_sequence)); // what the client did stays what it is
  talk.hears("x\r\n.").says("554 5.5.1 No valid recipients").hears("NOOP").says("250 2.0.0 Ok");
}

TEST_CASE("out of sequence: a reply to any command, which is not carried out by it") {
  TalkServer server(with({even_out_of_sequence(Stage::mail, "250 Why not"),
                          even_out_of_sequence(Stage::rcpt, "250 As you like")}));
  Talk talk(server);
  talk.take_output();
  talk.hears("MAIL FROM:<a@b>").says("250 Why not").hears("RCPT TO:<b@c>").says("250 As you like");
  CHECK(talk.last().has(Breach::wrong_sequence));
  talk.hears("DATA").says("503 Send EHLO or HELO first");
}

TEST_CASE("out of sequence: other rules are not asked, and conditions and counts hold") {
  {
    TalkServer server(with({rule(Stage::data, {reply("354 Go on")})}));
    Talk talk(server);
    talk.greets().hears("DATA").says("503 5.5.1 Send MAIL first");
    talk.hears("MAIL FROM:<a@b>").says("250 2.1.0 Sender ok");
    talk.hears("DATA").says("554 5.5.1 No valid recipients");
  }
  {
    scenario::Rule once = even_out_of_sequence(Stage::data, "354 Go on");
    once.trigger = times(1);
    TalkServer server(with({once}));
    Talk talk(server);
    talk.greets()
        .hears("MAIL FROM:<a@b>")
        .says("250 2.1.0 Sender ok")
        .hears("DATA")
        .says("354 Go on");
    talk.hears(".").says("554 5.5.1 No valid recipients");
    talk.hears("MAIL FROM:<a@b>").says("250 2.1.0 Sender ok");
    talk.hears("DATA").says("554 5.5.1 No valid recipients");
  }
}

TEST_CASE("out of sequence: a chunk that a rule answers is skipped") {
  TalkServer server(with({even_out_of_sequence(Stage::data, "250 Chunk")}));
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>").says("250 2.1.0 Sender ok");
  talk.hears_bytes("BDAT 6 LAST\r\nQUIT\r\n").says("250 Chunk").says_nothing().stays();
  CHECK(talk.events("accepted").empty());
}
