// Rules at every stage: which one counts, how its reply moves the session, and rules in the content.
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
using scenario::Stage;
namespace action = scenario::action;

namespace {

scenario::Scenario with(std::vector<scenario::Rule> rules) {
  scenario::Scenario made = healthy();
  made.server.rules = std::move(rules);
  return made;
}

/// Up to the content of a message.
Talk& opens_content(Talk& talk) {
  talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA");
  talk.take_output();
  return talk;
}

} // namespace

TEST_CASE("rules: a tempfail at each command leaves the session usable, and clears") {
  struct Case {
    Stage stage;
    std::vector<std::string_view> before;
    std::string_view line;
    int healthy_code;
  };
  const Case cases[] = {
      {Stage::ehlo, {}, "EHLO c", 250},
      {Stage::mail, {"EHLO c"}, "MAIL FROM:<a@b>", 250},
      {Stage::rcpt, {"EHLO c", "MAIL FROM:<a@b>"}, "RCPT TO:<b@c>", 250},
      {Stage::data, {"EHLO c", "MAIL FROM:<a@b>", "RCPT TO:<b@c>"}, "DATA", 354},
      {Stage::rset, {"EHLO c"}, "RSET", 250},
      {Stage::noop, {"EHLO c"}, "NOOP", 250},
      {Stage::vrfy, {"EHLO c"}, "VRFY x", 502},
      {Stage::unknown, {"EHLO c"}, "XYZZY", 500},
  };
  for (const Case& each : cases) {
    CAPTURE(each.line);
    TalkServer server(with({rule(each.stage, {reply("432 4.3.2 Queue stopped")}, {}, times(1))}));
    Talk talk(server);
    talk.take_output();
    for (const auto line : each.before)
      talk.hears(line);
    talk.take_output();
    talk.hears(each.line).says("432 4.3.2 Queue stopped").stays();
    CHECK(talk.last().stage == each.stage);
    CHECK(talk.last().rule != 0);
    talk.hears(each.line);
    CHECK(talk.last().code == each.healthy_code);
    CHECK(talk.last().rule == 0);
  }
}

TEST_CASE("rules: at connect and greeting") {
  for (const Stage stage : {Stage::connect, Stage::greeting}) {
    TalkServer server(with({rule(stage, {reply("421 4.7.0 Too many connections")}, {}, times(1))}));
    Talk refused(server);
    refused.says("421 4.7.0 Too many connections").closes();
    CHECK(refused.last().stage == stage);
    Talk served(server);
    served.says("220 mx.test ESMTP tempfail healthy").stays();
  }
  TalkServer server(with({rule(Stage::connect, {close_now})}));
  Talk talk(server);
  talk.says_nothing().closes();
  CHECK(talk.events("connect").size() == 1);
}

TEST_CASE("rules: QUIT is answered as the rule says, and the server closes") {
  TalkServer server(with({rule(Stage::quit, {reply("250 go on")})}));
  Talk talk(server);
  talk.greets().hears("QUIT").says("250 go on").closes();
  TalkServer stalling(with({rule(Stage::quit, {action::Stall{}})}));
  Talk other(stalling);
  other.greets().hears("QUIT").says_nothing();
  CHECK(other.stalled);
  CHECK_FALSE(other.closed);
}

TEST_CASE("rules: the first that fires counts, and others are not asked") {
  scenario::TextTest from_a{scenario::TextField::sender, {"a@*"}, false};
  TalkServer server(with({rule(Stage::mail, {reply("451 first")}, {from_a}, times(1)),
                          rule(Stage::mail, {reply("452 second")}, {from_a}, times(2)),
                          rule(Stage::mail, {reply("453 other")})}));
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>").says("451 first");
  talk.hears("MAIL FROM:<a@b>").says("452 second");
  talk.hears("MAIL FROM:<a@b>").says("452 second");
  talk.hears("MAIL FROM:<a@b>").says("453 other");
  talk.hears("MAIL FROM:<x@b>").says("453 other");
}

TEST_CASE("rules: one rule at several stages") {
  scenario::Rule both = rule(Stage::mail, {reply("421 4.3.2 Going down")});
  both.stages = {Stage::mail, Stage::rset};
  TalkServer server(with({both}));
  Talk first(server);
  first.greets().hears("RSET").says("421 4.3.2 Going down").closes();
  Talk second(server);
  second.greets().hears("MAIL FROM:<a@b>").says("421 4.3.2 Going down").closes();
}

TEST_CASE("rules: syntax and sequence come first and count no attempt") {
  TalkServer server(with({rule(Stage::mail, {reply("451 once")}, {}, times(1))}));
  Talk talk(server);
  talk.greets().hears("MAIL FROM:a").says("501 5.1.7 Bad sender address syntax");
  talk.hears("MAIL FROM:<a@b>").says("451 once");
}

TEST_CASE("rules: a 2yz where 354 belongs does not begin the content") {
  TalkServer server(with({rule(Stage::data, {reply("250 what?")})}));
  Talk talk(server);
  opens_content(talk).hears("NOOP").says("250 2.0.0 Ok");
}

TEST_CASE(
    "rules: a refused message is not accepted, and an unknown code is judged by its first digit") {
  for (const auto* text : {"449 4.4.9 Routing error", "554 5.7.1 No", "350 odd"}) {
    TalkServer server(with({rule(Stage::message, {reply(text)})}));
    Talk talk(server);
    opens_content(talk).hears("x\r\n.").says(text);
    CHECK(talk.events("accepted").empty());
    CHECK(talk.events("content").size() == 1);
  }
  TalkServer server(with({rule(Stage::message, {reply("299 odd")})}));
  Talk talk(server);
  opens_content(talk).hears("x\r\n.").says("299 odd");
  CHECK(talk.events("accepted").size() == 1);
}

TEST_CASE("rules: in the content, at an exact byte, however it arrives") {
  scenario::Rule drop = rule(Stage::content, {reset_now});
  drop.after_bytes = 10;
  for (const std::size_t segment : {std::size_t{0}, std::size_t{1}, std::size_t{7}}) {
    CAPTURE(segment);
    TalkServer server(with({drop}));
    TalkOptions options;
    options.segment = segment;
    Talk talk(server, options);
    opens_content(talk).hears_bytes("12345678901234567890\r\n.\r\n").resets();
    CHECK(talk.last().stage == Stage::content);
    CHECK(talk.last().other_actions == "reset");
    CHECK(talk.events("disconnect").at(0).size == 10);
    CHECK(talk.events("content").empty());
    Talk small(server, options);
    opens_content(small).hears_bytes("1234\r\n.\r\n").says("250 2.0.0 Message accepted");
  }
}

TEST_CASE("rules: who can't say so any more takes no message, unless the rule says it does") {
  for (const bool accepts : {false, true}) {
    CAPTURE(accepts);
    std::vector<scenario::Rule> rules = {rule(Stage::content, {action::HalfClose{}})};
    if (accepts) rules.push_back(rule(Stage::message, {action::Accept{}}));
    TalkServer server(with(std::move(rules)));
    Talk talk(server);
    opens_content(talk).hears_bytes("1234\r\n.\r\n").says_nothing();
    CHECK(talk.half_closed);
    CHECK(talk.events("content").size() == 1);
    CHECK(talk.events("accepted").size() == (accepts ? 1U : 0U));
  }
}

TEST_CASE("rules: in the content, right behind 354") {
  TalkServer server(with({rule(Stage::content, {action::StopReading{}})}));
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA");
  CHECK(talk.reading_stopped);
}

TEST_CASE("rules: several in the content, each once a message, the first that fires at each byte") {
  const auto at = [](std::uint64_t bytes, scenario::Action does, scenario::Trigger trigger = {}) {
    scenario::Rule made = rule(Stage::content, {std::move(does)}, {}, trigger);
    made.after_bytes = bytes;
    return made;
  };
  TalkServer server(
      with({at(20, action::Delay{2s, 2s}), at(10, action::Delay{1s, 1s}), at(10, reset_now)}));
  Talk talk(server);
  opens_content(talk).hears_bytes(std::string(100, 'x')).waited(3s);
  talk.hears("\r\n.").says("250 2.0.0 Message accepted");
  CHECK(talk.events("accepted").size() == 1);
}

TEST_CASE("rules: a reply in the middle of the content is the message's reply") {
  scenario::Rule full = rule(Stage::content, {reply("452 4.3.1 Disk full")});
  full.after_bytes = 5;
  TalkServer server(with({full}));
  {
    Talk talk(server);
    opens_content(talk).hears_bytes("123456").says("452 4.3.1 Disk full");
    talk.hears("more\r\n.").says_nothing();
    CHECK(talk.events("accepted").empty());
    talk.hears("NOOP").says("250 2.0.0 Ok");
  }
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>");
  talk.take_output();
  talk.hears_bytes("BDAT 8\r\n12345678").says("452 4.3.1 Disk full").says_nothing();
  talk.hears("BDAT 0 LAST").says("503 5.5.1 Send MAIL first");
}

TEST_CASE("rules: attempts counted by envelope, from data on by all its recipients") {
  scenario::Trigger once = times(1, scenario::KeyedBy::envelope);
  TalkServer server(with({rule(Stage::message, {reply("451 4.3.0 Once")}, {}, once)}));
  const auto sends = [&server](std::string_view first, std::string_view second) {
    Talk talk(server);
    talk.greets().hears("MAIL FROM:<a@b>").hears(first).hears(second).hears("DATA");
    talk.take_output();
    talk.hears("x\r\n.");
    return talk.last().code;
  };
  CHECK(sends("RCPT TO:<1@c>", "RCPT TO:<2@c>") == 451);
  CHECK(sends("RCPT TO:<1@c>", "RCPT TO:<3@c>") == 451);
  CHECK(sends("RCPT TO:<2@c>", "RCPT TO:<1@c>") == 250);
}

TEST_CASE("rules: attempts counted by message, with and without Message-ID") {
  scenario::Trigger once = times(1, scenario::KeyedBy::message);
  TalkServer server(with({rule(Stage::message, {reply("451 4.3.0 Once")}, {}, once)}));
  const auto sends = [&server](std::string_view content) {
    Talk talk(server);
    opens_content(talk).hears(std::string(content) + "\r\n.");
    return talk.last().code;
  };
  CHECK(sends("Message-ID: <1@x>\r\n\r\na") == 451);
  CHECK(sends("Message-ID: <1@x>\r\n\r\nb") == 250);
  CHECK(sends("Message-ID: <2@x>\r\n\r\na") == 451);
  CHECK(sends("c") == 451);
  CHECK(sends("c") == 250);
  CHECK(sends("d") == 451);
}
