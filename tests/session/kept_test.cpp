// Accepted messages are handed over, whole and once they are accepted, where somebody wants to keep them.
#include "session/talk.hpp"

#include "support/catch.hpp"

#include <algorithm>

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
using scenario::Stage;
namespace action = scenario::action;

namespace {

session::Limits keeping() {
  session::Limits limits;
  limits.keep_messages = true;
  return limits;
}

/// Sends one message as far as its final dot.
Talk& send(Talk& talk, const std::string& sender) {
  talk.hears("MAIL FROM:<" + sender + ">").hears("RCPT TO:<b@mx.test>").hears("DATA");
  talk.hears_bytes("Message-ID: <1@a.test>\r\n\r\n..dot\r\n.\r\n");
  return talk;
}

} // namespace

TEST_CASE("kept: an accepted message is handed over whole, after its acceptance is recorded") {
  TalkServer server(healthy(), keeping());
  Talk talk(server);
  talk.greets();
  send(talk, "a@a.test");
  REQUIRE(talk.kept.size() == 1);
  const session::AcceptedMail& mail = talk.kept.front();
  CHECK(mail.content == "Message-ID: <1@a.test>\r\n\r\n.dot\r\n");
  CHECK(mail.sender == "a@a.test");
  CHECK(mail.recipients == std::vector<std::string>{"b@mx.test"});
  CHECK(mail.message_id == "1@a.test");
  CHECK(mail.transaction == 1);
  CHECK(mail.session == 1);
  const auto kept = std::find(talk.order.begin(), talk.order.end(), "keep");
  REQUIRE(kept != talk.order.begin());
  REQUIRE(kept + 1 != talk.order.end());
  CHECK(*(kept - 1) == "record accepted");
  CHECK(std::find(kept, talk.order.end(), "write") != talk.order.end());
}

TEST_CASE("kept: a notification is kept, too, and counts as the session's second transaction") {
  TalkServer server(healthy(), keeping());
  Talk talk(server);
  talk.greets();
  send(talk, "a@a.test");
  send(talk, "");
  REQUIRE(talk.kept.size() == 2);
  CHECK(talk.kept[1].sender.empty());
  CHECK(talk.kept[1].transaction == 2);
}

TEST_CASE("kept: what is refused is not, and nothing is where nobody asks") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets();
  send(talk, "a@a.test");
  CHECK(talk.kept.empty());
  scenario::Scenario refusing = healthy();
  refusing.server.rules.push_back(rule(Stage::message, {reply("451 4.3.0 Not now")}));
  TalkServer other(refusing, keeping());
  Talk refused(other);
  refused.greets();
  send(refused, "a@a.test");
  CHECK(refused.kept.empty());
}
