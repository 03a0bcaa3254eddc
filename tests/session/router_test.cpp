// The common port: the recipient chooses the scenario.
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using scenario::Stage;

namespace {

/// Routes by the local part.
class LocalPartRouter : public session::Router {
 public:
  void add(TalkServer& server) { servers_[server.scenario->name] = &server; }
  Target route(std::string_view recipient) override {
    const auto found = servers_.find(std::string(recipient.substr(0, recipient.find('@'))));
    if (found == servers_.end()) return {};
    return {found->second->program, &found->second->state};
  }

 private:
  std::map<std::string, TalkServer*> servers_;
};

scenario::Scenario with(std::string name, Stage stage, std::string_view text) {
  scenario::Scenario made = healthy(std::move(name));
  made.server.rules.push_back(rule(stage, {reply(text)}, {}, times(1)));
  return made;
}

struct Common {
  Common() {
    for (TalkServer* each : {&healthy_one, &refuses, &greets_badly, &full})
      router.add(*each);
    options.router = &router;
  }
  TalkServer common{healthy("common"), {}, 1};
  TalkServer healthy_one{healthy("healthy"), {}, 2};
  TalkServer refuses{with("refuses", Stage::rcpt, "450 4.2.1 Busy"), {}, 3};
  TalkServer greets_badly{with("greets-badly", Stage::greeting, "421 4.3.2 Maintenance"), {}, 4};
  TalkServer full{with("full", Stage::message, "452 4.3.1 Full"), {}, 5};
  LocalPartRouter router;
  TalkOptions options;
};

} // namespace

TEST_CASE("router: the recipient's scenario judges it, and the content") {
  Common it;
  Talk talk(it.common, it.options);
  talk.greets()
      .hears("MAIL FROM:<a@b>")
      .says("250 2.1.0 Sender ok")
      .hears("RCPT TO:<refuses@x>")
      .says("450 4.2.1 Busy")
      .hears("RCPT TO:<refuses@x>")
      .says("250 2.1.5 Recipient ok")
      .hears("RSET")
      .says("250 2.0.0 Ok")
      .hears("MAIL FROM:<a@b>\r\nRCPT TO:<full@x>\r\nDATA");
  talk.take_output();
  talk.hears("x\r\n.")
      .says("452 4.3.1 Full")
      .hears("MAIL FROM:<a@b>\r\nRCPT TO:<healthy@x>\r\nDATA");
  talk.take_output();
  talk.hears("x\r\n.").says("250 2.0.0 Message accepted");
  const auto exchanges = talk.events("exchange");
  CHECK(exchanges.at(2).server == 1);
  CHECK(exchanges.at(3).server == 3);
  CHECK(talk.events("content").at(0).server == 5);
  CHECK(talk.events("accepted").at(0).server == 2);
  CHECK(it.full.state.total_connections() == 0);
  CHECK(it.common.state.total_connections() == 1);
}

TEST_CASE("router: rules of the stages that went by are made up for at RCPT") {
  Common it;
  Talk talk(it.common, it.options);
  talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<greets-badly@x>");
  talk.says("250 2.1.0 Sender ok\n421 4.3.2 Maintenance").closes();
  CHECK(talk.last().stage == Stage::rcpt);
  CHECK(it.greets_badly.state.total_connections() == 0);
  Talk again(it.common, it.options);
  again.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<greets-badly@x>");
  again.says("250 2.1.0 Sender ok\n250 2.1.5 Recipient ok");
}

TEST_CASE("router: one scenario a message, and unknown names") {
  Common it;
  Talk talk(it.common, it.options);
  talk.greets()
      .hears("MAIL FROM:<a@b>")
      .says("250 2.1.0 Sender ok")
      .hears("RCPT TO:<nobody@x>")
      .says("550 5.1.1 No such scenario; write to NAME@anything or anything@NAME.test")
      .hears("RCPT TO:<refuses@x>")
      .says("450 4.2.1 Busy")
      .hears("RCPT TO:<healthy@x>") // the first was refused: the choice is free again
      .says("250 2.1.5 Recipient ok")
      .hears("RCPT TO:<full@x>")
      .says("452 4.5.3 One scenario per message, send this recipient separately")
      .hears("RCPT TO:<healthy@y>")
      .says("250 2.1.5 Recipient ok");
}

TEST_CASE("router: a notification goes to whoever sent the message") {
  Common it;
  Talk talk(it.common, it.options);
  talk.greets()
      .hears("MAIL FROM:<>\r\nRCPT TO:<me@sender>\r\nDATA")
      .says("250 2.1.0 Sender ok\n250 2.1.5 Recipient ok\n354 End data with <CR><LF>.<CR><LF>");
  talk.hears("Subject: returned\r\n\r\nx\r\n.").says("250 2.0.0 Message accepted");
  CHECK(talk.events("accepted").at(0).server == 1);
  talk.hears("MAIL FROM:<>\r\nRCPT TO:<refuses@x>") // a scenario's address is its own
      .says("250 2.1.0 Sender ok\n450 4.2.1 Busy");
}

TEST_CASE("router: connections of a scenario are those that chose it") {
  Common it;
  {
    Talk talk(it.common, it.options);
    talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<healthy@x>");
    CHECK(it.healthy_one.state.connections("127.0.0.1") == 1);
    talk.hears("RSET");
    CHECK(it.healthy_one.state.connections("127.0.0.1") == 0);
    talk.hears("MAIL FROM:<a@b>\r\nRCPT TO:<healthy@x>").leaves();
    CHECK(it.healthy_one.state.connections("127.0.0.1") == 0);
  }
  CHECK(it.healthy_one.state.total_connections() == 0);
}
