// A store that stops answering at each question of a session in turn: the session says 421, and ends.
#include "session/talk.hpp"
#include "state/relayed_store.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace tempfail;
using namespace tempfail::test;
using scenario::Stage;

namespace {

constexpr std::string_view refusal = "421 4.3.2 Service not available, closing the connection\r\n";

/// A scenario that asks at each stage.
scenario::ScenarioPtr curious() {
  scenario::Scenario made = healthy();
  made.server.spool = scenario::Spool{100'000, 0, std::nullopt};
  made.server.rate = scenario::RateLimit{scenario::Rate{100, std::chrono::hours(1)}};
  const auto never = [](Stage stage) {
    scenario::Trigger trigger;
    trigger.attempts = scenario::Range<std::uint64_t>{100, 100};
    return rule(stage, {reply("450 4.2.0 Never")}, {}, trigger);
  };
  for (const Stage stage : {Stage::connect, Stage::greeting, Stage::ehlo, Stage::mail, Stage::rcpt,
                            Stage::data, Stage::message, Stage::quit})
    made.server.rules.push_back(never(stage));
  for (std::size_t i = 0; i < made.server.rules.size(); ++i)
    made.server.rules[i].line = static_cast<int>(i) + 1;
  return std::make_shared<const scenario::Scenario>(std::move(made));
}

/// Answers so many questions.
struct Patience {
  int left = 0;
  void operator()() {
    if (left-- <= 0) throw state::StoreLost("for the test");
  }
};

} // namespace

TEST_CASE("a session whose question has no answer says 421 and ends, whichever it is", "[store]") {
  const scenario::ScenarioPtr scenario = curious();
  const std::vector<std::string_view> lines = {"EHLO client.test",         "MAIL FROM:<a@x.test>",
                                               "RCPT TO:<b@y.test>",       "DATA",
                                               "Subject: x\r\n\r\nx\r\n.", "QUIT"};
  int lost = 0;
  for (int questions = 0;; ++questions) {
    CAPTURE(questions);
    auto patience = std::make_shared<Patience>(Patience{questions});
    TalkServer server(scenario,
                      std::make_unique<RelayedStore>(scenario, [patience] { (*patience)(); }));
    Talk talk(server);
    std::string heard = talk.take_output();
    bool accepted = false;
    for (const std::string_view line : lines) {
      if (talk.closed) break;
      talk.hears(line);
      heard = talk.take_output();
      accepted = accepted || heard.find("Message accepted") != std::string::npos;
    }
    CHECK(talk.closed);
    CHECK(talk.events("disconnect").size() == 1);
    CHECK(talk.events("accepted").size() == (accepted ? 1U : 0U));
    const auto exchanges = talk.events("exchange");
    for (std::size_t i = 0; i < exchanges.size(); ++i)
      CHECK(exchanges[i].number == i + 1);
    patience->left = 2;
    CHECK(server.state.total_connections() == 0);
    if (heard.starts_with("221 ")) break;
    ++lost;
    CHECK(heard == refusal);
    CHECK(talk.last().reply == refusal);
    CHECK(talk.last().code == 421);
  }
  CHECK(lost > 10);
}

TEST_CASE("what was answered before a question stays answered", "[store]") {
  const scenario::ScenarioPtr scenario = curious();
  auto patience = std::make_shared<Patience>(Patience{100});
  TalkServer server(scenario,
                    std::make_unique<RelayedStore>(scenario, [patience] { (*patience)(); }));
  Talk talk(server);
  talk.greets();
  patience->left = 2; // MAIL has two: its rule, and its rate
  talk.hears_bytes("MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nNOOP\r\n");
  CHECK(talk.take_output() == "250 2.1.0 Sender ok\r\n" + std::string(refusal));
  CHECK(talk.closed);
  const std::vector<Seen> exchanges = talk.events("exchange");
  const Seen& refused = exchanges.at(exchanges.size() - 2); // NOOP comes after the end
  CHECK(refused.line == "RCPT TO:<b@y.test>");
  CHECK(refused.reply == refusal);
  CHECK(refused.stage == Stage::rcpt);
  CHECK(refused.verb == "RCPT");
}

TEST_CASE("a route whose state does not answer counts nothing less", "[store]") {
  auto patience = std::make_shared<Patience>(Patience{1});
  const auto target = std::make_shared<const scenario::Scenario>(healthy("target"));
  TalkServer led_to(target, std::make_unique<RelayedStore>(target, [patience] { (*patience)(); }));
  led_to.state.connected("127.0.0.1", {}); // another session's
  struct ToTarget final : session::RecipientRouter {
    explicit ToTarget(TalkServer& server) : led_to(server) {}
    Target route(std::string_view) override { return {led_to.prepared, &led_to.state}; }
    TalkServer& led_to;
  } router(led_to);
  TalkServer common(healthy("*"));
  TalkOptions options;
  options.router = &router;
  Talk talk(common, options);
  talk.greets();
  talk.hears("MAIL FROM:<a@x.test>");
  talk.take_output();
  talk.hears("RCPT TO:<b@target.test>").says_bytes(refusal).closes();
  patience->left = 1;
  CHECK(led_to.state.connections("127.0.0.1") == 1);
  CHECK(common.state.total_connections() == 0);
}
