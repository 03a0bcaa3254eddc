// A server that has half-closed reads on, and takes nothing of which the client can't be told.
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using scenario::Stage;
namespace action = scenario::action;

namespace {

/// Half-closes in the content, and has this rule for its end as well. Returns whether the message was taken, and the
/// exchange that says so.
std::pair<bool, Seen> at_the_end(std::vector<scenario::Action> actions) {
  scenario::Scenario scenario = healthy();
  scenario.server.rules = {rule(Stage::content, {action::HalfClose{}})};
  if (!actions.empty()) scenario.server.rules.push_back(rule(Stage::message, std::move(actions)));
  TalkServer server(std::move(scenario));
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA");
  talk.take_output();
  talk.hears("one line").hears(".").says_nothing();
  CHECK(talk.half_closed);
  return {!talk.events("accepted").empty(), talk.last()};
}

} // namespace

TEST_CASE("half-closed: no message is taken for a reply that can not be heard") {
  for (const auto& [taken, exchange] : {at_the_end({}), at_the_end({reply("250 Ok")})}) {
    CHECK_FALSE(taken);
    CHECK(exchange.stage == Stage::message);
    CHECK(exchange.code == 0);
    CHECK_FALSE(exchange.answered);
  }
}
