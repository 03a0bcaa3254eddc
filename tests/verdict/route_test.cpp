// The way of the mail as reports show it: names and hosts, in the order in which the sender came to them.
#include "conversation.hpp"
#include "findings.hpp"
#include "verdict/observation.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using scenario::ListenAnswer;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

scenario::Scenario with_two_hosts() {
  scenario::Scenario scenario = test::expecting({});
  scenario.names.emplace();
  scenario.names->domains = {"rcpt.test"};
  for (const char* const name : {"mx1.test", "mx2.test"}) {
    scenario::Host host;
    host.name = name;
    host.label = name;
    scenario.hosts.push_back(host);
  }
  return scenario;
}

CaseSummary story_of(const Conversation& talk, const scenario::Scenario& scenario,
                     const SummaryLimits& limits = {}) {
  const journal::Journal& journal = talk.journal();
  REQUIRE(journal.bad_lines().empty());
  return summarize(observe(scenario, journal), limits);
}

} // namespace

TEST_CASE("route_has_queries_ports_and_connections_in_the_order_of_time") {
  Conversation talk;
  talk.at("mx1.test").query("rcpt.test").wait(1s).query("mx1.test", "A");
  talk.at("mx1.test").port(ListenAnswer::refused, 5s, 2);
  talk.at("mx2.test").session(7, 6s).ehlo().mail().rcpt("452 Full").quit();
  talk.at("mx2.test").session(8, 1h).ehlo().quit();
  const CaseSummary summary = story_of(talk, with_two_hosts());
  REQUIRE(summary.route.size() == 5);
  CHECK(summary.route_left_out == 0);
  CHECK(summary.route[0].kind == StepKind::query);
  CHECK(summary.route[0].text == "MX of rcpt.test: noerror");
  CHECK(summary.route[0].host.empty());
  CHECK(summary.route[1].text == "A of mx1.test: noerror");
  CHECK(summary.route[1].time >= summary.route[0].time + 1s);
  CHECK(summary.route[2].kind == StepKind::port);
  CHECK(summary.route[2].time < Moment(2s)); // when the first came, and not when they were counted
  CHECK(summary.route[2].host == "mx1.test");
  CHECK(summary.route[2].text == "the port refuses connections; refused attempts: 2");
  CHECK(summary.route[3].kind == StepKind::connection);
  CHECK(summary.route[3].host == "mx2.test");
  CHECK(summary.route[3].session == 7);
  CHECK_THAT(summary.route[3].text, Catch::Contains("452 Full"));
  CHECK(summary.route[4].session == 8);
  CHECK(summary.route[4].text == "no mail was sent");
}

TEST_CASE("route_of_an_open_port_that_nobody_was_refused_at_is_not_shown") {
  Conversation talk;
  talk.at("mx1.test").port(ListenAnswer::accepted, 0s).session(1, 1s).ehlo().deliver();
  const CaseSummary summary = story_of(talk, with_two_hosts());
  REQUIRE(summary.route.size() == 1);
  CHECK(summary.route[0].kind == StepKind::connection);
}

TEST_CASE("route_tells_an_outcome_once_for_all_recipients_of_a_connection") {
  Conversation talk;
  talk.at("mx1.test").session(1, 0s).ehlo().mail();
  talk.rcpt("250 Ok", "a@rcpt.test").rcpt("250 Ok", "b@rcpt.test").rcpt("550 No", "c@rcpt.test");
  talk.data().content().message("250 Taken").quit();
  const CaseSummary summary = story_of(talk, with_two_hosts());
  REQUIRE(summary.route.size() == 1);
  const std::string& text = summary.route[0].text;
  CHECK_THAT(text, Catch::Contains("250 Taken") && Catch::Contains("550 No"));
  CHECK(text.find("250 Taken") == text.rfind("250 Taken"));
}

TEST_CASE("route_is_not_shown_where_there_are_no_names_and_one_host") {
  Conversation talk;
  talk.session(1, 0s).ehlo().deliver();
  CHECK(story_of(talk, test::expecting({})).route.empty());
  Conversation asked;
  asked.query("rcpt.test").session(1, 1s).ehlo().deliver();
  CHECK(story_of(asked, test::expecting({})).route.size() == 2);
}

TEST_CASE("route_is_bounded_and_says_what_is_left_out") {
  Conversation talk;
  talk.at("mx1.test");
  for (int i = 0; i < 100; ++i)
    talk.query("name" + std::to_string(i) + ".test").wait(1s);
  SummaryLimits limits;
  limits.steps = 10;
  limits.text = 12;
  const CaseSummary summary = story_of(talk, with_two_hosts(), limits);
  REQUIRE(summary.route.size() == 10);
  CHECK(summary.route_left_out == 90);
  CHECK(summary.route.front().text == "MX of name0.…");
  CHECK(summary.route.back().text == "MX of name99…");
}
