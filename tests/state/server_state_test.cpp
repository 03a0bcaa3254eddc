// A scenario's state as sessions see it.
#include "state/server_state.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using namespace std::chrono_literals;
using state::ServerState;

namespace {

scenario::ScenarioPtr scenario_with(scenario::Server server) {
  auto made = std::make_shared<scenario::Scenario>();
  made->server = std::move(server);
  return made;
}

} // namespace

TEST_CASE("connections are counted by client and in all", "[state]") {
  ServerState state(scenario_with({}), 1);
  state.connected("a", 0s);
  state.connected("a", 0s);
  state.connected("b", 0s);
  CHECK(state.connections("a") == 2);
  CHECK(state.total_connections() == 3);
  state.disconnected("a");
  state.disconnected("b");
  state.disconnected("b"); // was not open: nothing happens
  CHECK(state.connections("a") == 1);
  CHECK(state.connections("b") == 0);
  CHECK(state.total_connections() == 1);
}

TEST_CASE("without blocks nothing is full, stopped or late", "[state]") {
  ServerState state(scenario_with({}), 1);
  CHECK_FALSE(state.spool_full(1U << 30U, 0s));
  CHECK_FALSE(state.mailbox_full("a@x", 1U << 30U, 0s));
  CHECK_FALSE(state.mailbox_busy("a@x", 0s));
  CHECK_FALSE(state.greylist_early({}, 0s));
  CHECK_FALSE(state.queue_stopped(0s));
  CHECK_FALSE(state.scanner_down(0s));
  CHECK_FALSE(state.rate_over("a", 0s));
}

TEST_CASE("the disk fills with what is accepted and drains", "[state]") {
  scenario::Server server;
  server.spool = scenario::Spool{1000, 400, scenario::Rate{100, 1min}};
  ServerState state(scenario_with(std::move(server)), 1);
  state.connected("a", 1h); // the first contact: the drain starts here
  CHECK(state.spool_free(1h) == 600);
  CHECK_FALSE(state.spool_full(600, 1h));
  CHECK(state.spool_full(601, 1h));
  state.accepted(600, {}, 1h);
  CHECK(state.spool_full(0, 1h)); // of unknown size: there is no room for anything
  CHECK_FALSE(state.spool_full(0, 1h + 1min));
  CHECK(state.spool_full(101, 1h + 1min));
  CHECK(state.spool_free(1h + 10min) == 1000);
}

TEST_CASE("an accepted message fills each recipient's mailbox", "[state]") {
  scenario::Server server;
  server.mailboxes = scenario::Mailboxes{"*", 1000, 0, std::nullopt, std::nullopt};
  ServerState state(scenario_with(std::move(server)), 1);
  state.accepted(700, {"a@x", "b@x"}, 0s);
  CHECK(state.mailbox_free("a@x", 0s) == 300);
  CHECK(state.mailbox_full("b@x", 301, 0s));
  CHECK_FALSE(state.mailbox_full("c@x", 1000, 0s));
}

TEST_CASE("windows of queue and scanner start at the first contact", "[state]") {
  scenario::Server server;
  server.queue = scenario::Queue{{{Duration(0s), Duration(1h)}}, std::nullopt, {}};
  server.scanner = scenario::Scanner{{{Duration(1h), Duration(2h)}}};
  ServerState state(scenario_with(std::move(server)), 1);
  state.connected("a", 100h);
  CHECK(state.queue_stopped(100h));
  CHECK_FALSE(state.scanner_down(100h));
  CHECK_FALSE(state.queue_stopped(101h));
  CHECK(state.scanner_down(101h));
  CHECK_FALSE(state.scanner_down(102h));
}

TEST_CASE("an operator stops and starts the queue of any scenario", "[state]") {
  ServerState state(scenario_with({}), 1);
  state.start_queue();
  CHECK_FALSE(state.queue_stopped(0s));
  state.stop_queue();
  CHECK(state.queue_stopped(0s));
  state.start_queue();
  CHECK_FALSE(state.queue_stopped(0s));
}

TEST_CASE("a reset forgets everything but the open connections", "[state]") {
  scenario::Server server;
  server.spool = scenario::Spool{1000, 0, std::nullopt};
  server.rate = scenario::RateLimit{scenario::Rate{1, 1h}, scenario::KeyedBy::client};
  ServerState state(scenario_with(std::move(server)), 1);
  state.connected("a", 0s);
  state.accepted(1000, {}, 0s);
  state.count_against_rate("a", 0s);
  const Duration drawn = state.random_duration(0s, 1h);
  CHECK(state.spool_full(1, 0s));
  CHECK(state.rate_over("a", 0s));
  state.reset();
  CHECK_FALSE(state.spool_full(1000, 1s));
  CHECK_FALSE(state.rate_over("a", 1s));
  CHECK(state.connections("a") == 1);
  CHECK(state.random_duration(0s, 1h) == drawn);
}

TEST_CASE("draws stay in their range and follow the seed", "[state]") {
  ServerState one(scenario_with({}), 1);
  ServerState same(scenario_with({}), 1);
  ServerState other(scenario_with({}), 2);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const Duration drawn = one.random_duration(1s, 5s);
    CHECK(drawn >= 1s);
    CHECK(drawn <= 5s);
    CHECK(same.random_duration(1s, 5s) == drawn);
    differs = differs || other.random_duration(1s, 5s) != drawn;
  }
  CHECK(differs);
  CHECK(one.random_duration(3s, 3s) == 3s);
}

TEST_CASE("a rule's count survives its session", "[state]") {
  ServerState state(scenario_with({}), 1);
  scenario::Rule rule;
  rule.trigger.attempts = scenario::Range<std::uint64_t>{1, 1};
  state::KeyContext context;
  context.sender = "a@x";
  context.has_sender = true;
  context.connection = 1;
  CHECK(state.fires(rule, context, 0s));
  context.connection = 2;
  CHECK_FALSE(state.fires(rule, context, 1h));
}
