// Each kind of test in a rule's condition, true and false.
#include "session/conditions.hpp"
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
using scenario::Comparison;
using scenario::FlagField;
using scenario::NumberField;
using scenario::Operand;
using scenario::Stage;
using scenario::StateField;
using scenario::TextField;

namespace {

struct Asked {
  explicit Asked(scenario::Scenario scenario = healthy()) : server(std::move(scenario)) {
    at.client = "127.0.0.1";
    at.helo = "client.test";
    at.verb = "RCPT";
    at.has_sender = true;
    at.sender = "a@b";
    at.recipient = "Current@c";
  }
  bool holds(const scenario::Test& test) {
    return session::holds({test}, at, server.scenario->server, server.state);
  }
  TalkServer server;
  session::RuleInput at;
};

} // namespace

TEST_CASE("conditions: none always holds, several must all hold") {
  Asked it;
  const scenario::Test yes = scenario::FlagTest{FlagField::tls, false};
  const scenario::Test no = scenario::FlagTest{FlagField::tls, true};
  const scenario::Server& server = it.server.scenario->server;
  CHECK(session::holds({}, it.at, server, it.server.state));
  CHECK(session::holds({yes, yes}, it.at, server, it.server.state));
  CHECK_FALSE(session::holds({yes, no}, it.at, server, it.server.state));
}

TEST_CASE("conditions: texts") {
  Asked it;
  CHECK(it.holds(scenario::TextTest{TextField::helo, {"no", "CLIENT.*"}, false}));
  CHECK_FALSE(it.holds(scenario::TextTest{TextField::helo, {"client.*"}, true}));
  CHECK_FALSE(it.holds(scenario::TextTest{TextField::helo, {"no"}, false}));
  CHECK(it.holds(scenario::TextTest{TextField::helo, {"no"}, true}));
  CHECK(it.holds(scenario::TextTest{TextField::verb, {"RCPT"}, false}));
  CHECK(it.holds(scenario::TextTest{TextField::sender, {"?@b"}, false}));
  CHECK(it.holds(scenario::TextTest{TextField::recipient, {"current@*"}, false}));
  it.at.sender = "";
  CHECK(it.holds(scenario::TextTest{TextField::sender, {""}, false}));
  it.at.has_sender = false;
  CHECK_FALSE(it.holds(scenario::TextTest{TextField::sender, {"*"}, false}));
}

TEST_CASE("conditions: from data on any accepted recipient") {
  Asked it;
  const std::vector<std::string> accepted = {"one@c", "two@c"};
  it.at.recipients = accepted;
  CHECK_FALSE(it.holds(scenario::TextTest{TextField::recipient, {"two@*"}, false}));
  it.at.recipient = {};
  CHECK(it.holds(scenario::TextTest{TextField::recipient, {"two@*"}, false}));
  CHECK_FALSE(it.holds(scenario::TextTest{TextField::recipient, {"two@*"}, true}));
}

TEST_CASE("conditions: headers") {
  Asked it;
  it.at.headers = "Subject: Hello there\r\n\r\n";
  CHECK(it.holds(scenario::HeaderTest{"subject", {"hello*"}, false}));
  CHECK_FALSE(it.holds(scenario::HeaderTest{"subject", {"hello*"}, true}));
  CHECK_FALSE(it.holds(scenario::HeaderTest{"X-None", {"*"}, false}));
  CHECK(it.holds(scenario::HeaderTest{"X-None", {"*"}, true}));
}

TEST_CASE("conditions: client networks") {
  Asked it;
  CHECK(it.holds(scenario::ClientTest{{"10.0.0.0/8", "127.0.0.0/8"}, false}));
  CHECK_FALSE(it.holds(scenario::ClientTest{{"127.0.0.2"}, false}));
  CHECK(it.holds(scenario::ClientTest{{"127.0.0.2"}, true}));
}

TEST_CASE("conditions: numbers and how they compare") {
  Asked it;
  it.at.declared_size = 5;
  const auto compares = [&it](Comparison comparison, std::uint64_t constant) {
    return it.holds(
        scenario::NumberTest{NumberField::declared_size, comparison, Operand::constant, constant});
  };
  CHECK(compares(Comparison::less, 6));
  CHECK_FALSE(compares(Comparison::less, 5));
  CHECK(compares(Comparison::less_equal, 5));
  CHECK(compares(Comparison::equal, 5));
  CHECK_FALSE(compares(Comparison::equal, 4));
  CHECK(compares(Comparison::not_equal, 4));
  CHECK(compares(Comparison::greater_equal, 5));
  CHECK(compares(Comparison::greater, 4));
  CHECK_FALSE(compares(Comparison::greater, 5));
}

TEST_CASE("conditions: each number") {
  Asked it;
  const std::vector<std::string> accepted = {"1", "2", "3"};
  it.at.size = 11;
  it.at.recipients = accepted;
  it.at.messages = 12;
  it.at.received_fields = 13;
  it.at.commands = 14;
  it.server.state.connected("127.0.0.1", {});
  it.server.state.connected("127.0.0.2", {});
  const auto is = [&it](NumberField field, std::uint64_t number) {
    return it.holds(scenario::NumberTest{field, Comparison::equal, Operand::constant, number});
  };
  CHECK(is(NumberField::size, 11));
  CHECK(is(NumberField::recipients, 3));
  CHECK(is(NumberField::messages, 12));
  CHECK(is(NumberField::received_fields, 13));
  CHECK(is(NumberField::commands, 14));
  CHECK(is(NumberField::connections, 1));
  CHECK(is(NumberField::total_connections, 2));
}

TEST_CASE("conditions: flags") {
  for (const FlagField field :
       {FlagField::tls, FlagField::authenticated, FlagField::smtputf8, FlagField::eight_bit}) {
    Asked it;
    CHECK(it.holds(scenario::FlagTest{field, false}));
    CHECK_FALSE(it.holds(scenario::FlagTest{field, true}));
    it.at.tls = it.at.authenticated = it.at.smtputf8 = it.at.eight_bit = true;
    CHECK(it.holds(scenario::FlagTest{field, true}));
  }
}

TEST_CASE("conditions: spool and mailbox") {
  scenario::Scenario scenario = healthy();
  scenario.server.spool = scenario::Spool{1000, 0, {}};
  scenario::Mailboxes mailboxes;
  mailboxes.quota = 500;
  mailboxes.match = "current@*";
  scenario.server.mailboxes = mailboxes;
  Asked it(scenario);
  it.at.declared_size = 500;
  CHECK_FALSE(it.holds(scenario::StateTest{StateField::spool_full}));
  CHECK_FALSE(it.holds(scenario::StateTest{StateField::mailbox_full}));
  it.at.declared_size = 501;
  CHECK_FALSE(it.holds(scenario::StateTest{StateField::spool_full}));
  CHECK(it.holds(scenario::StateTest{StateField::mailbox_full}));
  it.at.size = 1001; // more arrived than was declared
  CHECK(it.holds(scenario::StateTest{StateField::spool_full}));
  CHECK(it.holds(
      scenario::NumberTest{NumberField::size, Comparison::greater, Operand::spool_free, 0}));
  CHECK(it.holds(
      scenario::NumberTest{NumberField::size, Comparison::greater, Operand::mailbox_free, 0}));
  // At message: any accepted recipient.
  const std::vector<std::string> accepted = {"other@c", "current@c"};
  it.at.recipient = {};
  CHECK_FALSE(it.holds(scenario::StateTest{StateField::mailbox_full}));
  it.at.recipients = accepted;
  CHECK(it.holds(scenario::StateTest{StateField::mailbox_full}));
}

TEST_CASE("conditions: greylist, queue, scanner, busy mailbox, rate") {
  scenario::Scenario scenario = healthy();
  scenario.server.greylist = scenario::Greylist{5min, 2h, 24h, 24, 64};
  scenario.server.queue.emplace();
  scenario.server.queue->stopped = {{0s, Duration(10min)}};
  scenario.server.scanner.emplace();
  scenario.server.scanner->down = {{0s, Duration(10min)}};
  scenario.server.mailboxes.emplace();
  scenario.server.mailboxes->busy = {0s, Duration(10min)};
  scenario.server.rate = scenario::RateLimit{{1, 1h}, scenario::KeyedBy::client};
  Asked it(scenario);
  it.server.state.connected("127.0.0.1", {});
  for (const StateField field : {StateField::greylist_early, StateField::queue_stopped,
                                 StateField::scanner_down, StateField::mailbox_busy}) {
    CAPTURE(static_cast<int>(field));
    it.at.now = {};
    CHECK(it.holds(scenario::StateTest{field}));
    it.at.now = 11min;
    CHECK_FALSE(it.holds(scenario::StateTest{field}));
  }
  it.at.now = {};
  CHECK_FALSE(it.holds(scenario::StateTest{StateField::rate_over}));
  it.server.state.count_against_rate("127.0.0.1", {});
  CHECK(it.holds(scenario::StateTest{StateField::rate_over}));
}

TEST_CASE("conditions: character sets, end to end") {
  scenario::Scenario scenario = healthy();
  scenario.server.charsets = {"us-ascii", "utf-8"};
  scenario.server.rules.push_back(rule(Stage::message, {reply("465 4.6.5 Code page not installed")},
                                       {scenario::StateTest{StateField::charset_missing}}));
  TalkServer server(scenario);
  const auto sends = [&server](std::string_view charset) {
    Talk talk(server);
    talk.greets().hears("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA");
    talk.take_output();
    talk.hears("Content-Type: text/plain; charset=" + std::string(charset) + "\r\n\r\nx\r\n.");
    return talk.last().code;
  };
  CHECK(sends("UTF-8") == 250);
  CHECK(sends("\"utf-8\"") == 250);
  CHECK(sends("iso-2022-jp") == 465);
}

TEST_CASE("conditions: what is accepted fills the spool") {
  scenario::Scenario scenario = healthy();
  scenario.server.spool = scenario::Spool{100, 0, scenario::Rate{100, 1h}};
  scenario.server.rules.push_back(
      rule(Stage::mail, {reply("452 4.3.1 Insufficient system storage")},
           {scenario::NumberTest{NumberField::declared_size, Comparison::greater,
                                 Operand::spool_free, 0}}));
  TalkServer server(scenario);
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b> SIZE=80\r\nRCPT TO:<b@c>\r\nDATA");
  talk.take_output();
  talk.hears(std::string(78, 'x') + "\r\n.").says("250 2.0.0 Message accepted");
  talk.hears("MAIL FROM:<a@b> SIZE=80").says("452 4.3.1 Insufficient system storage");
  talk.passes(1h).hears("MAIL FROM:<a@b> SIZE=80").says("250 2.1.0 Sender ok");
}
