// What a right file becomes.
#include "scenario/loader.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

using namespace tempfail;
using namespace tempfail::scenario;
using namespace std::chrono_literals;

namespace {

std::string read(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

ScenarioPtr load(const std::string& name) {
  const std::string file = SCENARIO_TESTS "/valid/" + name;
  LoadResult result = load_scenario(read(file), file);
  for (const Mistake& mistake : result.mistakes)
    FAIL_CHECK(mistake.to_string());
  REQUIRE(result.scenario);
  return result.scenario;
}

ScenarioPtr load_text(const std::string& text) {
  LoadResult result = load_scenario(text, "f/x.yaml");
  for (const Mistake& mistake : result.mistakes)
    FAIL_CHECK(mistake.to_string());
  REQUIRE(result.scenario);
  return result.scenario;
}

bool announces(const Extensions& extensions, Extension extension) {
  return extensions[static_cast<std::size_t>(extension)];
}

/// The first rule at a stage.
const Rule& rule_at(const ScenarioPtr& scenario, Stage stage, std::size_t index = 0) {
  for (const Rule& rule : scenario->server.rules)
    if (std::find(rule.stages.begin(), rule.stages.end(), stage) != rule.stages.end() &&
        index-- == 0)
      return rule;
  throw std::runtime_error("no such rule");
}

} // namespace

TEST_CASE("the smallest file is a healthy server", "[loader]") {
  const auto scenario = load("smallest.yaml");
  CHECK(scenario->id() == "valid/smallest");
  CHECK(scenario->summary == "A server that does all it should");
  CHECK(scenario->server.rules.empty());
  CHECK(announces(scenario->server.extensions, Extension::pipelining));
  CHECK(announces(scenario->server.extensions, Extension::chunking));
  CHECK_FALSE(announces(scenario->server.extensions, Extension::starttls));
  CHECK_FALSE(announces(scenario->server.extensions, Extension::auth));
  CHECK(scenario->test.watch == 6h);
}

TEST_CASE("every part of a file arrives", "[loader]") {
  const auto scenario = load("everything.yaml");
  CHECK(scenario->description == "Two lines\nof description.\n");
  CHECK(scenario->statuses == std::vector<std::string>{"4.3.1", "431", "5.7.25"});
  CHECK(scenario->sources == std::vector<std::string>{"RFC 5321"});
  MetCondition met;
  met.stages = {Stage::connect, Stage::mail};
  met.extensions = true;
  CHECK(scenario->met == met);

  const Server& server = scenario->server;
  CHECK(server.hostname == "mx.example.test");
  CHECK(server.size_limit == 10U << 20U);
  CHECK(server.tls == TlsMode::starttls);
  CHECK(std::all_of(server.extensions.begin(), server.extensions.end(),
                    [](bool announced) { return announced; }));
  REQUIRE(server.extensions_after_tls);
  CHECK_FALSE(announces(*server.extensions_after_tls, Extension::pipelining));
  CHECK_FALSE(announces(*server.extensions_after_tls, Extension::starttls));
  CHECK(announces(*server.extensions_after_tls, Extension::size));
  REQUIRE(server.auth);
  CHECK(server.auth->users.at("someone") == "secret");
  CHECK_FALSE(server.auth->required);
  REQUIRE(server.spool);
  CHECK(server.spool->capacity == 1U << 20U);
  CHECK(server.spool->used == 65536);
  CHECK(server.spool->drain == Rate{65536, 1min});
  REQUIRE(server.mailboxes);
  CHECK(server.mailboxes->match == "*@full.test");
  CHECK(server.mailboxes->busy == Range<Duration>{0s, Duration(10min)});
  REQUIRE(server.greylist);
  CHECK(server.greylist->delay == 5min);
  CHECK(server.greylist->lifetime == 24h * 36);
  REQUIRE(server.queue);
  CHECK(server.queue->stopped.size() == 2);
  CHECK(server.queue->stop_after == 10);
  CHECK(server.queue->stop_for == 30min);
  REQUIRE(server.scanner);
  CHECK(server.scanner->down.size() == 1);
  REQUIRE(server.rate);
  CHECK(server.rate->rate == Rate{10, 1min});
  CHECK(server.rate->per == KeyedBy::scenario);
  CHECK(server.charsets == std::vector<std::string>{"us-ascii", "utf-8"});

  CHECK(scenario->test.watch == 24h);
  CHECK(scenario->test.runs == 2);
  CHECK(scenario->test.recipients == 3);
  CHECK(scenario->test.messages == 4);
  CHECK(scenario->test.sender == "@hop.test:a@sender.test");
  CHECK(scenario->test.requests.notify == "success,delay");
  CHECK(scenario->test.requests.ret == "full");
  CHECK(scenario->test.requests.envid == "a b+c=d");
  CHECK(scenario->test.requests.orcpt.empty());
  CHECK(scenario->test.requests.requiretls);
  CHECK(scenario->test.smtputf8);
  CHECK(scenario->test.rotates_domains);
  CHECK(scenario->test.message.size == 65536);
  CHECK(scenario->test.message.charset == "utf-8");
  CHECK(scenario->test.message.received_fields == 30);
}

TEST_CASE("actions arrive in their order, ready for the wire", "[loader]") {
  const auto scenario = load("everything.yaml");
  const auto& greeting = rule_at(scenario, Stage::greeting);
  REQUIRE(greeting.actions.size() == 2);
  const auto& reply = std::get<action::Reply>(greeting.actions[0]).text;
  CHECK(reply.code == 421);
  CHECK(reply.wire == "421 4.3.2 {hostname} takes no messages\r\n");
  CHECK(reply.has_placeholders);
  CHECK(std::holds_alternative<action::Close>(greeting.actions[1]));

  const auto& delay = std::get<action::Delay>(rule_at(scenario, Stage::greeting, 1).actions[0]);
  CHECK(delay.min == 1s);
  CHECK(delay.max == 5s);

  const auto& hops = std::get<action::Reply>(rule_at(scenario, Stage::message).actions[0]).text;
  CHECK(hops.wire == "554-5.4.6 Too many hops\r\n554 5.4.6 {size} bytes from {client}\r\n");

  const auto& raw = std::get<action::Raw>(rule_at(scenario, Stage::message, 1).actions[0]);
  CHECK(raw.bytes == std::string("554 5.6.5 no\0such charset\n", 26));

  const auto& dripping = rule_at(scenario, Stage::message, 2);
  REQUIRE(dripping.actions.size() == 4);
  CHECK(std::get<action::Drip>(dripping.actions[0]).every == 100ms);
  CHECK(std::holds_alternative<action::Accept>(dripping.actions[1]));
  CHECK(std::holds_alternative<action::Reset>(dripping.actions[3]));

  const auto& twice = rule_at(scenario, Stage::auth, 1);
  CHECK(std::holds_alternative<action::DuplicateReply>(twice.actions[0]));

  const auto& content = rule_at(scenario, Stage::content);
  CHECK(content.after_bytes == 4096);
  REQUIRE(content.actions.size() == 3);
  CHECK_FALSE(std::get<action::StopReading>(content.actions[0]).duration);
  CHECK(std::get<action::StopReading>(content.actions[1]).duration == 10s);
  CHECK_FALSE(std::get<action::Stall>(content.actions[2]).duration);
  CHECK(rule_at(scenario, Stage::idle).after_idle == 30s);
}

TEST_CASE("triggers arrive", "[loader]") {
  const auto scenario = load("everything.yaml");
  const Trigger& twice = rule_at(scenario, Stage::greeting, 1).trigger; // through a merge key
  CHECK(twice.attempts == Range<std::uint64_t>{1, 2});
  CHECK(twice.per == KeyedBy::recipient);
  CHECK(rule_at(scenario, Stage::starttls).trigger.chance == Approx(0.125));
  CHECK(rule_at(scenario, Stage::handshake).trigger.every == 3);
  CHECK(rule_at(scenario, Stage::auth).trigger.attempts == Range<std::uint64_t>{1, 2});
  CHECK(rule_at(scenario, Stage::rcpt, 3).trigger.during == Range<Duration>{0s, Duration(24h)});
  CHECK(rule_at(scenario, Stage::message, 2).trigger.attempts ==
        Range<std::uint64_t>{3, std::nullopt});
  CHECK(rule_at(scenario, Stage::mail).trigger.always());
  CHECK(rule_at(scenario, Stage::data).out_of_sequence);
  CHECK_FALSE(rule_at(scenario, Stage::mail).out_of_sequence);
}

TEST_CASE("conditions arrive", "[loader]") {
  const auto scenario = load("everything.yaml");
  const auto& client = std::get<ClientTest>(rule_at(scenario, Stage::connect).when[0]);
  CHECK(client.negated);
  CHECK(client.address_ranges == std::vector<std::string>{"127.0.0.0/8", "::1"});

  const Condition& mail = rule_at(scenario, Stage::mail).when;
  REQUIRE(mail.size() == 5);
  const auto& size = std::get<NumberTest>(mail[0]);
  CHECK(size.field == NumberField::declared_size);
  CHECK(size.comparison == Comparison::greater);
  CHECK(size.operand == Operand::spool_free);
  CHECK(std::get<FlagTest>(mail[1]).value);
  CHECK_FALSE(std::get<FlagTest>(mail[2]).value);

  const Condition& rcpt = rule_at(scenario, Stage::rcpt).when;
  REQUIRE(rcpt.size() == 4);
  const auto& sender = std::get<TextTest>(rcpt[0]);
  CHECK(sender.globs == std::vector<std::string>{""}); // <> is the empty reverse-path
  CHECK(std::get<TextTest>(rcpt[1]).negated);
  CHECK(std::get<NumberTest>(rcpt[2]).comparison == Comparison::less_equal);
  CHECK(std::get<NumberTest>(rcpt[3]).constant == 7);

  const Condition& content = rule_at(scenario, Stage::content).when;
  CHECK(std::get<NumberTest>(content[0]).constant == 10240);

  const Condition& message = rule_at(scenario, Stage::message).when;
  REQUIRE(message.size() == 4);
  CHECK(std::get<HeaderTest>(message[0]).name == "Subject");
  CHECK(std::get<HeaderTest>(message[1]).negated);
  CHECK(std::get<StateTest>(message[3]).field == StateField::spool_full);
}

TEST_CASE("expectations arrive with level, value and line", "[loader]") {
  const auto scenario = load("everything.yaml");
  const auto find = [&](std::string_view name) -> const Expectation& {
    for (const Expectation& expectation : scenario->sender)
      if (expectation.name == name) return expectation;
    throw std::runtime_error("not expected");
  };
  CHECK(scenario->sender.size() == 34);
  CHECK(scenario->sender[30].name == "no-retry");
  CHECK(scenario->sender[30].recipient == "recipient-1@*");
  CHECK(scenario->sender[31].level == Level::should);
  CHECK(scenario->sender[33].recipient == "recipient-2@*");
  CHECK(scenario->sender[29].recipient.empty());
  const auto& notice = std::get<ExpectedNotification>(find("notified").value);
  CHECK(notice.action == "delayed");
  CHECK(notice.statuses == std::vector<std::string>{"4.4.1", "4.4.2"});
  CHECK(notice.fields == std::vector<std::string>{"Will-Retry-Until"});
  CHECK(find("retry").level == Level::must);
  CHECK(std::holds_alternative<std::monostate>(find("retry").value));
  CHECK(std::get<std::string>(find("delivered").value) == "once");
  CHECK(std::get<std::string>(find("asked").value) == "mx.everything.test");
  CHECK(find("delivered").line == find("retry").line + 1);
  CHECK(std::get<Range<std::uint64_t>>(find("tries").value) == Range<std::uint64_t>{3, 5});
  CHECK(std::get<std::vector<Duration>>(find("schedule").value) == std::vector<Duration>{1h, 4h});
  CHECK(find("first-retry").level == Level::should);
  CHECK(std::get<Range<Duration>>(find("first-retry").value) ==
        Range<Duration>{30min, Duration(4h)});
  CHECK_FALSE(std::get<Range<Duration>>(find("waits").value).max);
  CHECK(scenario->expected(TlsPolicy::required).size() == 3);
  CHECK(scenario->expected(TlsPolicy::verified).front().name == "refuses-certificate");
}

TEST_CASE("what has to take effect: all, a session, or what is named", "[loader]") {
  const auto met = [](const std::string& value) {
    return load_text("summary: x\nmet: " + value + "\nserver: {listen: refused}\n")->met;
  };
  CHECK(met("all").all);
  CHECK(met("session").session);
  CHECK(met("listen").listen);
  CHECK(met("[listen]") == met("listen"));
  CHECK(load_text("summary: x\n")->met == MetCondition{});
  CHECK_FALSE(MetCondition{}.names_an_effect());
}

TEST_CASE("what is expected of a sender that needs TLS counts for one that verifies", "[loader]") {
  const auto scenario =
      load_text("summary: x\nsender:\n  must: [retry]\n  required: {must: [protected]}\n");
  CHECK(scenario->expected(TlsPolicy::opportunistic).front().name == "retry");
  CHECK(scenario->expected(TlsPolicy::required).front().name == "protected");
  CHECK(scenario->expected(TlsPolicy::verified).front().name == "protected");
}

TEST_CASE("what is about STARTTLS, and what needs a port of its own", "[loader]") {
  const auto server = [](const std::string& text) {
    return load_text("summary: x\nserver:\n" + text)->server;
  };
  const Server refused =
      server("  tls: starttls\n  rules:\n    - on: starttls\n      reply: 454 4.7.0 Later\n");
  CHECK(is_about_starttls(refused));
  CHECK(needs_own_port(refused));
  CHECK(is_about_starttls(server("  tls: starttls\n  extensions: {without: [STARTTLS]}\n")));
  CHECK(is_about_starttls(server("  tls: starttls\n  extensions-after-tls: {without: [SIZE]}\n")));
  const Server stripped = server(
      "  tls: starttls\n  rules:\n    - on: ehlo\n      when: {tls: no}\n      reply: 250 x\n");
  CHECK(is_about_starttls(stripped));
  const Server expired = server("  tls: {mode: starttls, certificate: expired}\n");
  CHECK_FALSE(is_about_starttls(expired));
  CHECK(needs_own_port(expired));
  const Server inside = server(
      "  tls: starttls\n  rules:\n    - on: mail\n      when: {tls: yes}\n      do: close\n");
  CHECK_FALSE(is_about_starttls(inside));
  CHECK_FALSE(needs_own_port(inside));
  CHECK(needs_own_port(server("  listen: refused\n")));
  CHECK(needs_own_port(server("  extensions: {without: [SIZE]}\n")));
  CHECK(needs_own_port(server("  auth: {}\n")));
}

TEST_CASE("a rule goes by the line it begins in", "[loader]") {
  const auto scenario =
      load_text("summary: x\nserver:\n  rules:\n    - on: mail\n      reply: 450 4.3.0 x\n");
  CHECK(scenario->server.rules[0].line == 4);
}

TEST_CASE("a reply may be the code alone, or have several lines", "[loader]") {
  const auto scenario = load_text("summary: x\nserver:\n  rules:\n"
                                  "    - {on: mail, reply: 450}\n"
                                  "    - {on: ehlo, reply: \"250-mx.test\\n250 SIZE\"}\n");
  CHECK(std::get<action::Reply>(scenario->server.rules[0].actions[0]).text.wire == "450\r\n");
  CHECK(std::get<action::Reply>(scenario->server.rules[1].actions[0]).text.wire ==
        "250-mx.test\r\n250 SIZE\r\n");
}

TEST_CASE("loading never throws and never keeps silent on a file cut anywhere", "[loader]") {
  const std::string whole = read(SCENARIO_TESTS "/valid/everything.yaml");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const LoadResult result =
        load_scenario(std::string_view(whole).substr(0, length), "valid/everything.yaml");
    CHECK((result.scenario == nullptr) == !result.mistakes.empty());
  }
}

TEST_CASE("the text is kept as it is, and its model is what it means", "[loader]") {
  const std::string text = "summary: x\nserver:\n  hostname: a.test\n  size-limit: 1000\n";
  const ScenarioPtr plain = load_text(text);
  CHECK(plain->text == text);
  CHECK(plain->meaning_hash != 0);
  CHECK(load_text("# a comment\n" + text)->meaning_hash == plain->meaning_hash);
  CHECK(
      load_text("summary: \"x\"\nserver: {hostname: 'a.test', size-limit: 1000}\n")->meaning_hash ==
      plain->meaning_hash);
  CHECK(load_text("server:\n  size-limit: 1000\n  hostname: a.test\nsummary: x\n")->meaning_hash ==
        plain->meaning_hash);
  CHECK(load_text("summary: y\nserver:\n  hostname: a.test\n  size-limit: 1000\n")->meaning_hash !=
        plain->meaning_hash);
  CHECK(load_text("summary: x\nserver:\n  hostname: a.test\n  size-limit: 1001\n")->meaning_hash !=
        plain->meaning_hash);
  CHECK(load_text("summary: x\nserver:\n  hostname: a.test\n")->meaning_hash !=
        plain->meaning_hash);
}

TEST_CASE("requests for notifications, and a sender that is nobody", "[loader]") {
  const auto scenario = load("requests.yaml");
  CHECK(scenario->test.sender == "");
  CHECK(scenario->test.requests.notify == "never");
  CHECK(scenario->test.requests.ret == "hdrs");
  CHECK(scenario->test.requests.orcpt == "x400;C=a");
  CHECK_FALSE(scenario->test.requests.requiretls);
  CHECK(std::get<std::string>(scenario->sender[0].value) == "never");
  const auto& notice = std::get<ExpectedNotification>(scenario->sender[1].value);
  CHECK(notice.action == "relayed");
  CHECK(notice.statuses == std::vector<std::string>{"2.1.5"});
  CHECK(notice.fields.empty());
}
