// The shared port: the recipient chooses the scenario.
#include "session/talk.hpp"

#include "session/answer_counts.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using scenario::Stage;

namespace {

/// Routes by the local part.
class LocalPartRouter : public session::RecipientRouter {
 public:
  void add(TalkServer& server) { servers_[server.scenario->name] = &server; }
  Target route(std::string_view recipient) override {
    const auto found = servers_.find(std::string(recipient.substr(0, recipient.find('@'))));
    if (found == servers_.end()) return {};
    return {found->second->prepared, &found->second->state,
            answer_counts ? &(*answer_counts)[found->first] : nullptr};
  }
  std::map<std::string, session::AnswerCounts>* answer_counts = nullptr; ///< by scenario

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

TEST_CASE("router: a message counts for the rate of the scenario that it is bound to") {
  scenario::Scenario limited = healthy("limited");
  limited.server.rate = scenario::RateLimit{{2, std::chrono::hours(1)}, scenario::KeyedBy::client};
  limited.server.rules.push_back(rule(Stage::mail, {reply("421 4.7.28 Too fast")},
                                      {scenario::StateTest{scenario::StateField::rate_over}}));
  Common it;
  TalkServer server(limited, {}, 6);
  it.router.add(server);
  for (int message = 0; message < 2; ++message) {
    Talk talk(it.common, it.options);
    talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<limited@x>\r\nRCPT TO:<limited@y>");
    talk.says("250 2.1.0 Sender ok\n250 2.1.5 Recipient ok\n250 2.1.5 Recipient ok");
  }
  Talk talk(it.common, it.options);
  talk.greets()
      .hears("MAIL FROM:<a@b>\r\nRCPT TO:<limited@x>")
      .says("250 2.1.0 Sender ok\n421 4.7.28 Too fast")
      .closes();
}

namespace {

/// What was counted of one scenario: "rcpt accepted 1, message deferred 1".
std::string counted(const session::AnswerCounts& answer_counts) {
  std::string text;
  for (const Stage stage : session::AnswerCounts::stages)
    for (std::size_t i = 0; i < session::answer_outcome_names.size(); ++i)
      if (const auto count = answer_counts.count(stage, static_cast<session::AnswerOutcome>(i));
          count != 0)
        text += (text.empty() ? "" : ", ") + std::string(scenario::to_string(stage)) + ' ' +
                std::string(session::answer_outcome_names[i]) + ' ' + std::to_string(count);
  return text;
}

} // namespace

TEST_CASE("router: recipients and messages are counted by how they are answered") {
  Common it;
  std::map<std::string, session::AnswerCounts> answer_counts;
  it.router.answer_counts = &answer_counts;
  TalkServer unknown{with("unknown", Stage::rcpt, "550 5.1.1 Nobody"), {}, 6};
  TalkServer no_data{with("no-data", Stage::data, "451 4.3.0 Later"), {}, 7};
  scenario::Scenario closing = healthy("closes");
  closing.server.rules.push_back(rule(Stage::message, {close_now}));
  TalkServer closes{closing, {}, 8};
  scenario::Scenario early = with("early", Stage::content, "554 5.7.1 Enough");
  early.server.rules.back().after_bytes = 1;
  TalkServer in_content{early, {}, 9};
  for (TalkServer* each : {&unknown, &no_data, &closes, &in_content})
    it.router.add(*each);
  const auto sends = [&](Talk& talk, const std::string& to) {
    talk.hears("MAIL FROM:<a@b>\r\nRCPT TO:<" + to + "@x>\r\nDATA");
    if (talk.last().code == 354) talk.hears("x\r\ny\r\n.");
    talk.hears("RSET").take_output();
  };
  {
    Talk talk(it.common, it.options);
    talk.greets();
    for (const char* to :
         {"healthy", "healthy", "full", "full", "unknown", "no-data", "early", "refuses"})
      sends(talk, to);
    talk.hears("MAIL FROM:<a@b>\r\nRCPT TO:<healthy@x>\r\nRCPT TO:<full@x>\r\nQUIT").take_output();
    Talk last(it.common, it.options);
    last.greets();
    last.hears("MAIL FROM:<a@b>\r\nRCPT TO:<closes@x>\r\nDATA").take_output();
    last.hears("x\r\n.").closes();
  }
  CHECK(counted(answer_counts["healthy"]) == "rcpt accepted 3, message accepted 2");
  CHECK(counted(answer_counts["full"]) ==
        "rcpt accepted 2, rcpt split 1, message accepted 1, message deferred 1");
  CHECK(counted(answer_counts["unknown"]) == "rcpt rejected 1");
  CHECK(counted(answer_counts["no-data"]) == "rcpt accepted 1, data deferred 1");
  CHECK(counted(answer_counts["early"]) == "rcpt accepted 1, content rejected 1");
  CHECK(counted(answer_counts["refuses"]) == "rcpt deferred 1");
  CHECK(counted(answer_counts["closes"]) == "rcpt accepted 1, message unanswered 1");
}

TEST_CASE("router: chunks are counted as messages are") {
  Common it;
  std::map<std::string, session::AnswerCounts> answer_counts;
  it.router.answer_counts = &answer_counts;
  TalkServer small{[] {
                     scenario::Scenario made = healthy("small");
                     made.server.size_limit = 100;
                     return made;
                   }(),
                   {},
                   6};
  it.router.add(small);
  Talk talk(it.common, it.options);
  talk.greets().hears(
      "MAIL FROM:<a@b>\r\nRCPT TO:<healthy@x>\r\nBDAT 3\r\nx\r\nBDAT 3 LAST\r\ny\r\n");
  talk.hears("MAIL FROM:<a@b>\r\nRCPT TO:<small@x>\r\nBDAT 101 LAST\r\n" + std::string(101, 'x'))
      .take_output();
  CHECK(counted(answer_counts["healthy"]) == "rcpt accepted 1, message accepted 1");
  CHECK(counted(answer_counts["small"]) == "rcpt accepted 1, data rejected 1");
}
