// Each action of a rule, as effects: what it does, what it leaves to the server's own reply.
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
using journal::event::EndedBy;
using scenario::Stage;
namespace action = scenario::action;

namespace {

/// A server whose MAIL does `actions`.
scenario::Scenario at_mail(std::vector<scenario::Action> actions) {
  scenario::Scenario made = healthy();
  made.server.rules.push_back(rule(Stage::mail, std::move(actions)));
  return made;
}

struct MailTalk {
  explicit MailTalk(std::vector<scenario::Action> actions)
      : server(at_mail(std::move(actions))), talk(server) {
    talk.greets();
    talk.order.clear();
    talk.hears("MAIL FROM:<a@b>");
  }
  TalkServer server;
  Talk talk;
};

using Order = std::vector<std::string>;

} // namespace

TEST_CASE("actions: reply takes the place of the server's own") {
  MailTalk it({reply("452 4.3.1 Insufficient system storage")});
  it.talk.says("452 4.3.1 Insufficient system storage").says_nothing().stays();
  CHECK(it.talk.last().code == 452);
  CHECK(it.talk.last().reply == "452 4.3.1 Insufficient system storage\r\n");
  CHECK(it.talk.last().other_actions.empty());
  CHECK(it.talk.last().rule == it.server.scenario->server.rules[0].line);
  it.talk.hears("RCPT TO:<b@c>").says("503 5.5.1 Send MAIL first");
}

TEST_CASE("actions: a positive reply opens the envelope all the same") {
  MailTalk it({reply("250 welcome\nmore")});
  it.talk.says("250-welcome\n250 more").hears("RCPT TO:<b@c>").says("250 2.1.5 Recipient ok");
}

TEST_CASE("actions: placeholders are filled in") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(
      rule(Stage::rcpt,
           {reply("450 {recipient} {sender} {client} {helo} {hostname} {size} {other} {")}));
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets()
      .hears("MAIL FROM:<a@b> SIZE=42")
      .says("250 2.1.0 Sender ok")
      .hears("RCPT TO:<c@d>")
      .says("450 c@d a@b 127.0.0.1 client.test mx.test 42 {other} {");
  CHECK(talk.last().reply == "450 c@d a@b 127.0.0.1 client.test mx.test 42 {other} {\r\n");
}

TEST_CASE("actions: delay comes before the server's own reply") {
  MailTalk it({action::Delay{30s, 30s}});
  it.talk.says("250 2.1.0 Sender ok").waited(30s).stays();
  CHECK(it.talk.order == Order{"record exchange", "wait", "write", "record reply"});
  const Seen asked = it.talk.last();
  CHECK(asked.other_actions == "delay");
  CHECK(asked.met);
  CHECK(asked.open);
  CHECK(asked.code == 0);
  CHECK(asked.reply.empty());
  CHECK_FALSE(asked.answered);
  const Seen answer = it.talk.last_reply();
  CHECK(answer.number == asked.number);
  CHECK(answer.code == 250);
  CHECK(answer.reply == "250 2.1.0 Sender ok\r\n");
  CHECK(answer.time - asked.asked == 30s);
}

TEST_CASE("actions: a delay within a range") {
  scenario::Scenario scenario = at_mail({action::Delay{1s, 5s}});
  TalkServer server(scenario);
  for (int i = 0; i < 20; ++i) {
    Talk talk(server);
    talk.greets();
    const Moment before = talk.now();
    talk.hears("MAIL FROM:<a@b>");
    CHECK(talk.now() - before >= 1s);
    CHECK(talk.now() - before <= 5s);
  }
}

TEST_CASE("actions: drip sends in pieces, the server's own reply too") {
  MailTalk it({action::Drip{1, 100ms}});
  it.talk.says("250 2.1.0 Sender ok");
  REQUIRE(it.talk.drips.size() == 1);
  CHECK(it.talk.drips[0].piece == 1);
  CHECK(it.talk.drips[0].every == 100ms);
  it.talk.hears("NOOP").says("250 2.0.0 Ok");
  CHECK(it.talk.drips.size() == 1); // of this stage only
}

TEST_CASE("actions: the server's own reply, twice") {
  MailTalk it({action::DuplicateReply{}});
  it.talk.says("250 2.1.0 Sender ok").says("250 2.1.0 Sender ok").says_nothing().stays();
  CHECK(it.talk.order == Order{"record exchange", "write", "record reply"});
  CHECK(it.talk.last().other_actions == "duplicate-reply");
  CHECK(it.talk.last().code == 250);
  it.talk.hears("RCPT TO:<b@c>")
      .says("250 2.1.5 Recipient ok")
      .says_nothing(); // of this stage only
}

TEST_CASE("actions: the rule's own reply, twice, and what closes closes once") {
  {
    MailTalk it({action::DuplicateReply{}, reply("452 4.3.1 {sender}")});
    it.talk.says("452 4.3.1 a@b").says("452 4.3.1 a@b").says_nothing().stays();
    it.talk.hears("RCPT TO:<b@c>").says("503 5.5.1 Send MAIL first");
  }
  {
    MailTalk it({action::DuplicateReply{}, reply("421 4.3.2 Going down")});
    it.talk.says("421 4.3.2 Going down").says("421 4.3.2 Going down").closes();
  }
  {
    MailTalk it({action::DuplicateReply{}, action::Raw{"250 bare LF\n"}});
    it.talk.says_bytes("250 bare LF\n250 bare LF\n").says_nothing();
  }
  {
    MailTalk it({action::DuplicateReply{}, action::Drip{2, 1s}});
    it.talk.says("250 2.1.0 Sender ok").says("250 2.1.0 Sender ok").says_nothing();
    CHECK(it.talk.drips.size() == 2);
  }
}

TEST_CASE("actions: two go-aheads, and one message") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(rule(Stage::data, {action::DuplicateReply{}}));
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>");
  talk.take_output();
  talk.hears("DATA").says("354 End data with <CR><LF>.<CR><LF>");
  talk.says("354 End data with <CR><LF>.<CR><LF>").says_nothing();
  talk.hears("x\r\n.").says("250 2.0.0 Message accepted").says_nothing();
  CHECK(talk.events("accepted").size() == 1);
}

TEST_CASE("actions: raw bytes, judged by their code") {
  {
    MailTalk it({action::Raw{"250 bare LF\n"}});
    it.talk.says_bytes("250 bare LF\n")
        .says_nothing()
        .hears("RCPT TO:<b@c>")
        .says("250 2.1.5 Recipient ok");
  }
  for (const char* garbage : {"25012 digits\r\n", "hello\r\n", "25", ""}) {
    CAPTURE(garbage);
    MailTalk it({action::Raw{garbage}});
    it.talk.says_bytes(garbage).says_nothing();
    CHECK(it.talk.last().code == 0);
    CHECK(it.talk.last().other_actions == "raw");
    it.talk.hears("RCPT TO:<b@c>").says("503 5.5.1 Send MAIL first");
  }
}

TEST_CASE("actions: several, in order") {
  MailTalk it({action::Raw{"250-first\r\n"}, action::Delay{2s, 2s}, action::Raw{"250 se"},
               action::Delay{1s, 1s}, reset_now});
  it.talk.says_bytes("250-first\r\n250 se").waited(3s).resets();
  CHECK(it.talk.order == Order{"record exchange", "write", "wait", "write", "record reply", "wait",
                               "record disconnect", "reset"});
  const auto exchanges = it.talk.events("exchange");
  CHECK(exchanges.back().reply == "250-first\r\n");
  CHECK_FALSE(exchanges.back().open); // something was said at once
  CHECK(it.talk.last_reply().reply == "250 se");
  CHECK(it.talk.last_reply().time - exchanges.back().asked == 2s);
  CHECK(it.talk.events("disconnect")[0].reset);
  CHECK(exchanges.back().other_actions == "raw delay raw delay reset");
}

TEST_CASE("actions: close and reset say nothing of their own") {
  {
    MailTalk it({close_now});
    it.talk.says_nothing().closes();
    CHECK(it.talk.last().code == 0);
    CHECK(it.talk.last().other_actions == "close");
    CHECK(it.talk.order == Order{"record exchange", "record disconnect", "close"});
    CHECK(it.talk.events("disconnect")[0].by == EndedBy::server);
    CHECK(it.talk.events("disconnect")[0].stage == Stage::mail);
    CHECK(it.server.state.total_connections() == 0);
  }
  {
    MailTalk it({reply("451 4.4.2 Bye"), reset_now, reply("250 never said")});
    it.talk.says("451 4.4.2 Bye").says_nothing().resets();
  }
}

TEST_CASE("actions: half-close ends what the server says, not what it reads") {
  MailTalk it({reply("250 last words"), action::HalfClose{}});
  it.talk.says("250 last words").stays();
  CHECK(it.talk.half_closed);
  it.talk.hears("RCPT TO:<b@c>").says_nothing();
  CHECK(it.talk.last().line == "RCPT TO:<b@c>");
  CHECK(it.talk.last().reply.empty());
  CHECK(it.talk.last().code == 0);
  it.talk.hears("QUIT").says_nothing().closes();
}

TEST_CASE("actions: stall for ever, or for a while") {
  {
    MailTalk it({action::Stall{}});
    it.talk.says_nothing();
    CHECK(it.talk.stalled);
    CHECK_FALSE(it.talk.session().ended());
    it.talk.hears("QUIT").says_nothing().leaves();
    CHECK(it.talk.events("disconnect").at(0).stage == Stage::mail);
  }
  {
    MailTalk it({action::Stall{10min}});
    it.talk.says("250 2.1.0 Sender ok").waited(10min).stays();
  }
  {
    MailTalk it({reply("250 half a"), action::Stall{}});
    it.talk.says("250 half a").says_nothing();
    CHECK(it.talk.stalled);
  }
}

TEST_CASE("actions: stop-reading, and the reply goes on") {
  MailTalk it({action::StopReading{}});
  it.talk.says("250 2.1.0 Sender ok").stays();
  CHECK(it.talk.reading_stopped);
  CHECK(it.talk.order == Order{"record exchange", "record reading", "stop-reading", "write"});
  CHECK(it.talk.events("reading").at(0).stopped);
  CHECK(it.talk.last().code == 250); // nothing held it back
  it.talk.passes(1min).reading_resumed();
  REQUIRE(it.talk.events("reading").size() == 2);
  CHECK_FALSE(it.talk.events("reading")[1].stopped);
}

TEST_CASE("actions: after 421 the server closes, unless the rule says otherwise") {
  {
    MailTalk it({reply("421 4.3.2 Going down")});
    it.talk.says("421 4.3.2 Going down").closes();
  }
  {
    MailTalk it({action::Raw{"421 4.3.2 Going down\r\n"}});
    it.talk.says("421 4.3.2 Going down").closes();
  }
  {
    MailTalk it({reply("421 4.3.2 Going down"), action::Stall{}});
    it.talk.says("421 4.3.2 Going down");
    CHECK(it.talk.stalled);
    CHECK_FALSE(it.talk.closed);
  }
  {
    MailTalk it({reply("421 4.3.2 Going down"), reset_now});
    it.talk.resets();
  }
}

TEST_CASE("actions: a message accepted without a reply") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(
      rule(Stage::message, {action::Accept{}, close_now}, {}, times(1)));
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA");
  talk.take_output();
  talk.order.clear();
  talk.hears("x\r\n.").says_nothing().closes();
  CHECK(talk.order == Order{"record content", "record exchange", "record accepted",
                            "record disconnect", "close"});
  CHECK(talk.last().code == 0);
  CHECK(talk.last().other_actions == "accept close");
}

TEST_CASE("actions: a message accepted although the reply says otherwise") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(
      rule(Stage::message, {action::Accept{}, reply("451 4.3.0 Try again")}));
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA");
  talk.take_output();
  talk.hears("x\r\n.").says("451 4.3.0 Try again");
  CHECK(talk.events("accepted").size() == 1);
}

TEST_CASE("actions: input behind a command waits until its effects are performed") {
  scenario::Scenario scenario = at_mail({action::Delay{30s, 30s}});
  TalkServer server(scenario);
  const auto session =
      session::make_session(server.prepared, server.state, {"127.0.0.1", 1, 25, false}, 1);
  session::Effects out;
  session->start({}, out);
  std::string_view input = "EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\n";
  session->receive(input, {}, out);
  CHECK(input == "RCPT TO:<b@c>\r\n");
}

TEST_CASE("actions: a refusal that is held back for twenty minutes") {
  MailTalk it({action::Delay{20min, 20min}, reply("451 4.3.0 Later")});
  CHECK(it.talk.order == Order{"record exchange", "wait", "write", "record reply"});
  CHECK(it.talk.last().open);
  const Seen merged = it.talk.merged();
  CHECK(merged.code == 451);
  REQUIRE(merged.answered);
  CHECK(*merged.answered - merged.asked == 20min);
  it.talk.hears("RCPT TO:<b@c>").says("451 4.3.0 Later\n503 5.5.1 Send MAIL first");
}

TEST_CASE("actions: a dripped reply is recorded when its last byte has gone") {
  MailTalk it({action::Drip{1, 100ms}, reply("250 slowly")});
  CHECK(it.talk.order == Order{"record exchange", "drip", "record reply"});
  CHECK(it.talk.last().open);
  CHECK(it.talk.merged().code == 250);
}

TEST_CASE("actions: of two replies the first is the exchange's, the second stands for itself") {
  MailTalk it({reply("250 first"), reply("550 second")});
  it.talk.says("250 first\n550 second");
  CHECK(it.talk.last().code == 250);
  CHECK_FALSE(it.talk.last().open);
  REQUIRE(it.talk.events("reply").size() == 1);
  CHECK(it.talk.last_reply().code == 550);
  CHECK(it.talk.last_reply().number == it.talk.last().number);
}

TEST_CASE("actions: an endless stall leaves its exchange open and without an answer") {
  MailTalk it({action::Stall{}});
  CHECK(it.talk.last().open);
  it.talk.passes(1h).leaves();
  CHECK(it.talk.events("reply").empty());
  CHECK_FALSE(it.talk.merged().answered);
}
