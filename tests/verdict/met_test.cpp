// What has to take effect before a sender has met a scenario.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

/// Rules at MAIL (line 3), RCPT (4) and DATA (5).
scenario::Scenario with_rules() {
  scenario::Scenario scenario = test::expecting({});
  int line = 3;
  for (const Stage stage : {Stage::mail, Stage::rcpt, Stage::data}) {
    scenario::Rule rule;
    rule.stages = {stage};
    rule.line = line++;
    scenario.server.rules.push_back(rule);
  }
  return scenario;
}

bool met(const scenario::Scenario& scenario, const Conversation& talk) {
  return judge(scenario, talk.journal()).met;
}

/// A session in which the rules with these lines fired.
Conversation fired(std::initializer_list<std::pair<Stage, int>> rules) {
  Conversation talk;
  talk.session(1, 0s).ehlo();
  for (const auto& [stage, line] : rules)
    talk.exchange(stage, "MAIL FROM:<a@sender.test>", "451 No", "", line);
  return talk.quit();
}

} // namespace

TEST_CASE("met_by_any_rule_where_nothing_is_said") {
  CHECK(met(with_rules(), fired({{Stage::rcpt, 4}})));
  CHECK_FALSE(met(with_rules(), fired({})));
}

TEST_CASE("met_by_the_stages_that_are_named") {
  scenario::Scenario scenario = with_rules();
  scenario.met.stages = {Stage::mail, Stage::data};
  CHECK_FALSE(met(scenario, fired({{Stage::mail, 3}})));
  CHECK_FALSE(met(scenario, fired({{Stage::data, 5}, {Stage::rcpt, 4}})));
  CHECK(met(scenario, fired({{Stage::data, 5}, {Stage::mail, 3}})));
}

TEST_CASE("met_by_all_needs_each_rule") {
  scenario::Scenario scenario = with_rules();
  scenario.met.all = true;
  CHECK_FALSE(met(scenario, fired({{Stage::mail, 3}, {Stage::rcpt, 4}})));
  CHECK_FALSE(met(scenario, fired({{Stage::mail, 3}, {Stage::mail, 3}, {Stage::mail, 3}})));
  CHECK(met(scenario, fired({{Stage::mail, 3}, {Stage::rcpt, 4}, {Stage::data, 5}})));
  scenario.server.forward = scenario::ForwardTo::next_host;
  CHECK_FALSE(met(scenario, fired({{Stage::mail, 3}, {Stage::rcpt, 4}, {Stage::data, 5}})));
}

TEST_CASE("met_by_a_message_that_was_taken_and_by_no_notification") {
  scenario::Scenario scenario = with_rules();
  scenario.met.session = true;
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().mail("550 No").quit();
  talk.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
  talk.content("report@sender.test").message().quit();
  CHECK_FALSE(met(scenario, talk));
  CHECK(met(scenario, talk.session(3, 1h).ehlo().deliver()));
}

TEST_CASE("met_by_a_whole_session_where_nothing_has_to_go_wrong") {
  scenario::Scenario scenario = with_rules();
  scenario.met.session = true;
  CHECK_FALSE(met(scenario, fired({{Stage::mail, 3}})));
  Conversation talk;
  CHECK(met(scenario, talk.session(1, 0s).ehlo().deliver()));
}

TEST_CASE("met_by_what_ehlo_announces_and_by_tls") {
  scenario::Scenario scenario = test::expecting({});
  scenario.met.extensions = true;
  Conversation talk;
  talk.session(1, 0s).ehlo().quit();
  CHECK_FALSE(met(scenario, talk));
  journal::event::Exchange announced;
  announced.stage = Stage::ehlo;
  announced.number = 9;
  announced.line = "EHLO x";
  announced.reply = "250 mx";
  announced.code = 250;
  announced.met = true;
  Conversation again;
  again.session(1, 0s).exchange(announced).quit();
  CHECK(met(scenario, again));
  scenario.met.tls = true; // and both are named
  CHECK_FALSE(met(scenario, again));
}

TEST_CASE("met_by_a_closed_port_only_by_who_was_there") {
  scenario::Scenario scenario = with_rules();
  scenario.met.listen = true;
  Conversation talk;
  talk.sender_started().port(scenario::ListenAnswer::refused, 0s);
  talk.port(scenario::ListenAnswer::accepted, 10min).session(1, 20min).ehlo().deliver();
  CHECK(met(scenario, talk));
  Conversation late;
  late.port(scenario::ListenAnswer::refused, 0s).port(scenario::ListenAnswer::accepted, 10min);
  late.finish(15min).sender_started().session(1, 20min).ehlo().deliver();
  CHECK_FALSE(met(scenario, late));
}

TEST_CASE("met_by_a_closed_port_whoever_comes_to_another_host") {
  scenario::Scenario scenario = test::expecting({});
  scenario.met.listen = true;
  for (const char* name : {"mx.case.test", "home.case.test"}) {
    scenario.hosts.emplace_back();
    scenario.hosts.back().name = name;
  }
  scenario.hosts[0].server.listen.emplace();
  scenario.hosts[0].server.listen->answer = scenario::ListenAnswer::refused;
  scenario.names.emplace();
  scenario.names->domains = {"case.test"};
  scenario.names->records = {
      {"case.test", scenario::RecordType::mx, "10 mx.case.test.", {}, std::nullopt}};
  const auto came_to = [&](const char* host) {
    Conversation talk;
    talk.host(host).port(scenario::ListenAnswer::refused, 0s).sender_started();
    return met(scenario, talk.session(1, 6h).ehlo().deliver().finish(7h));
  };
  CHECK(came_to("home.case.test")); // with a notification that it has given up
  CHECK_FALSE(came_to("mx.case.test"));
}
