// How a session begins, waits and ends.
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
using journal::Breach;
using journal::event::EndedBy;
using scenario::Stage;
namespace action = scenario::action;

TEST_CASE("lifetime: a greeting that comes late") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(rule(Stage::greeting, {action::Delay{30s, 30s}}));
  TalkServer server(scenario);
  Talk talk(server);
  talk.waited(30s).says("220 mx.test ESMTP tempfail healthy");
  const Seen asked = talk.last();
  CHECK(asked.stage == Stage::greeting);
  CHECK(asked.open);
  CHECK(asked.other_actions == "delay");
  CHECK(asked.breaches == 0);
  CHECK(talk.merged().code == 220);
  CHECK(*talk.merged().answered - asked.asked == 30s);
  CHECK(talk.idle == 5min);
  talk.hears("NOOP").says("250 Ok");
}

TEST_CASE("lifetime: a connection whose first words wait at connect, then at the greeting") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(rule(Stage::connect, {action::Delay{30s, 30s}}));
  scenario.server.rules.push_back(
      rule(Stage::greeting, {action::Delay{5s, 5s}, reply("220 at last")}));
  TalkServer server(scenario);
  Talk talk(server);
  talk.waited(35s).says("220 at last");
  const auto exchanges = talk.events("exchange");
  REQUIRE(exchanges.size() == 2);
  CHECK(exchanges[0].stage == Stage::connect);
  CHECK(exchanges[0].open);
  CHECK(exchanges[1].stage == Stage::greeting);
  CHECK(exchanges[1].asked == Moment{}); // when the client was connected
  CHECK(*talk.merged().answered == 35s);
}

TEST_CASE("lifetime: a client that talks before the greeting is recorded with its first command, "
          "else with its end") {
  TalkServer server(healthy());
  {
    Talk talk(server);
    talk.session().input_before_greeting();
    talk.hears("EHLO early").leaves();
    CHECK(talk.last().has(Breach::talked_before_greeting));
    CHECK(talk.events("disconnect").at(0).breaches == 0);
  }
  Talk talk(server);
  talk.session().input_before_greeting();
  talk.leaves();
  CHECK(talk.events("disconnect").at(0).has(Breach::talked_before_greeting));
}

TEST_CASE("lifetime: silence ends the session with 421") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets().goes_idle().says("421 4.4.2 Idle for too long, closing the connection").closes();
  CHECK(talk.last().stage == Stage::idle);
  CHECK(talk.events("disconnect").at(0).by == EndedBy::server);
}

TEST_CASE("lifetime: silence in the content, too") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA");
  talk.take_output();
  talk.hears("some text")
      .goes_idle()
      .says("421 4.4.2 Idle for too long, closing the connection")
      .closes();
}

TEST_CASE("lifetime: rules of stage idle, each at its time") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(rule(Stage::idle, {reply("421 4.4.2 Too slow")}));
  scenario.server.rules.back().after_idle = 40s;
  scenario.server.rules.push_back(
      rule(Stage::idle, {reply("250 hello?")},
           {scenario::TextTest{scenario::TextField::helo, {"other"}, false}}));
  scenario.server.rules.back().after_idle = 10s;
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets();
  CHECK(talk.idle == 10s);
  talk.goes_idle().says_nothing();
  CHECK(talk.idle == 30s);
  talk.hears("NOOP").says("250 2.0.0 Ok");
  CHECK(talk.idle == 10s);
  talk.goes_idle().goes_idle().says("421 4.4.2 Too slow").closes();
}

TEST_CASE("lifetime: how the client went away, and what it left") {
  TalkServer server(healthy());
  {
    Talk talk(server);
    talk.greets().hears_bytes("MAIL FR").leaves(session::PeerEnd::reset);
    const Seen end = talk.events("disconnect").at(0);
    CHECK(end.by == EndedBy::client_reset);
    CHECK(end.line == "MAIL FR");
    CHECK(end.stage == Stage::ehlo);
    CHECK(talk.session().ended());
  }
  {
    Talk talk(server);
    talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA").hears_bytes("1234567").leaves();
    const Seen end = talk.events("disconnect").at(0);
    CHECK(end.by == EndedBy::client_closed);
    CHECK(end.stage == Stage::content);
    CHECK(end.size == 7);
    CHECK(talk.events("content").empty());
  }
  {
    scenario::Scenario scenario = healthy();
    Talk talk(server);
    talk.greets().hears_bytes(std::string(300, 'x')).leaves();
    CHECK(talk.events("disconnect").at(0).line == std::string(200, 'x'));
  }
  CHECK(server.state.total_connections() == 0);
}

TEST_CASE("lifetime: an end is recorded once") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets().hears("QUIT").says("221 2.0.0 Bye").closes().leaves();
  CHECK(talk.events("disconnect").size() == 1);
}

TEST_CASE("lifetime: a session that is dropped is not counted any more") {
  TalkServer server(healthy());
  {
    Talk talk(server);
    CHECK(server.state.connections("127.0.0.1") == 1);
  }
  CHECK(server.state.connections("127.0.0.1") == 0);
}

TEST_CASE("lifetime: the program stops") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets();
  session::Effects out;
  talk.session().shut_down(talk.now(), out);
  CHECK(out.bytes == "421 4.3.2 Service shutting down, closing the connection\r\n");
  REQUIRE(out.list.size() == 4); // exchange, write, disconnect, close
  const auto* record = std::get_if<session::effect::Record>(&out.list[2]);
  REQUIRE(record != nullptr);
  const auto* end = std::get_if<journal::event::Disconnect>(&record->event.body);
  REQUIRE(end != nullptr);
  CHECK(end->by == EndedBy::server_stop);
  CHECK(std::holds_alternative<session::effect::Close>(out.list[3]));
  out.clear();
  talk.session().shut_down(talk.now(), out);
  CHECK(out.list.empty());
}

TEST_CASE("lifetime: a client that talks on after 421") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(rule(Stage::mail, {reply("421 4.3.2 Going down")}));
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>").says("421 4.3.2 Going down").closes();
  CHECK(talk.last().breaches == 0);
  talk.hears("RCPT TO:<b@c>").says_nothing();
  CHECK(talk.last().line == "RCPT TO:<b@c>");
  CHECK(talk.last().has(Breach::talked_after_421));
  const std::size_t count = talk.events().size();
  talk.hears("QUIT");
  CHECK(talk.events().size() == count);
}

TEST_CASE("lifetime: input that is kept while the greeting waits is talking too early, once") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.session().input_before_greeting();
  talk.session().input_before_greeting();
  talk.hears("EHLO client.test");
  CHECK(talk.last().has(journal::Breach::talked_before_greeting));
  talk.session().input_before_greeting(); // after a command there is a greeting
  talk.hears("NOOP");
  CHECK_FALSE(talk.last().has(journal::Breach::talked_before_greeting));
}
