// Segment boundaries mean nothing: whole dialogues give the same replies and the same events whether
// they come line by line, byte by byte, or cut anywhere.
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using scenario::Stage;

namespace {

struct Heard {
  std::string output;
  std::vector<Seen> events;
};

/// What `dialogue` yields when its bytes come in segments of `step`. What comes behind a command of a
/// client that doesn't wait depends on the segments by its nature, and is left out.
Heard run(const scenario::Scenario& scenario, const std::string& dialogue, std::size_t step) {
  TalkServer server(scenario);
  TalkOptions options;
  options.segment = step;
  Talk talk(server, options);
  talk.hears_bytes(dialogue);
  talk.leaves();
  Heard heard{talk.take_output(), talk.events()};
  for (Seen& each : heard.events)
    each.breaches &= ~static_cast<journal::Breaches>(journal::Breach::pipelined_without_leave);
  return heard;
}

void check_every_segmentation(const scenario::Scenario& scenario, const std::string& dialogue) {
  const Heard whole = run(scenario, dialogue, 0);
  for (std::size_t step = 1; step <= dialogue.size(); ++step) {
    CAPTURE(step);
    const Heard cut = run(scenario, dialogue, step);
    REQUIRE(cut.output == whole.output);
    REQUIRE(cut.events == whole.events);
  }
}

const std::string two_messages =
    "EHLO client.test\r\n"
    "MAIL FROM:<a@b> SIZE=30 BODY=8BITMIME\r\nRCPT TO:<b@c>\r\nRCPT TO:<bad\r\nDATA\r\n"
    "Message-ID: <1@x>\r\nSubject: a\r\n\r\n..dot\r\nbare\nlf \xC3\xA9\r\n.\r\n"
    "MAIL FROM:<>\r\nRCPT TO:<b@c>\r\nBDAT 10\r\n0123456789BDAT 7 LAST\r\nabcd\r\n.RSET\r\n"
    "XYZZY\nNOOP x\r\nDATA\r\nQUIT\r\n";

} // namespace

TEST_CASE("segments: a healthy dialogue") {
  check_every_segmentation(healthy(), two_messages);
}

TEST_CASE("segments: with rules at many stages") {
  scenario::Scenario scenario = healthy();
  scenario.server.rules.push_back(rule(Stage::mail, {reply("451 4.3.0 {sender}")}, {}, times(1)));
  scenario.server.rules.push_back(rule(
      Stage::rcpt, {scenario::action::Delay{std::chrono::seconds(3), std::chrono::seconds(3)}}));
  scenario.server.rules.push_back(
      rule(Stage::message, {scenario::action::Drip{2, std::chrono::milliseconds(5)}}));
  scenario.server.rules.push_back(rule(Stage::content, {scenario::action::Raw{"!"}}));
  scenario.server.rules.back().after_bytes = 20;
  scenario.server.rules.push_back(rule(Stage::noop, {reset_now}));
  check_every_segmentation(scenario, "EHLO c\r\nMAIL FROM:<x@y>\r\n" +
                                         two_messages.substr(two_messages.find('\n') + 1));
}

TEST_CASE("segments: AUTH and STARTTLS refused") {
  scenario::Scenario scenario = healthy();
  scenario.server.auth.emplace();
  scenario.server.extensions[static_cast<std::size_t>(scenario::Extension::auth)] = true;
  check_every_segmentation(scenario,
                           "EHLO c\r\nAUTH LOGIN\r\ndXNlcg==\r\nc2VjcmV0\r\nAUTH PLAIN\r\n"
                           "STARTTLS\r\nMAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA\r\n.\r\nQUIT\r\n");
}
