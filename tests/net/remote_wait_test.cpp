// Connections whose sessions wait for answers of a store: what comes meanwhile waits, and others go on.
#include "net/bench_client.hpp"
#include "net/server_context_bench.hpp"
#include "state/relayed_store.hpp"
#include "store/fiber.hpp"
#include "support/catch.hpp"

#include <deque>
#include <string>
#include <string_view>

using namespace tempfail;
using namespace tempfail::test;
using store::Fiber;

namespace {

/// A store whose answers come when the test says so.
class HeldStores final : public state::Stores {
 public:
  std::unique_ptr<state::Store> open(scenario::ScenarioPtr scenario, std::string_view) override {
    return std::make_unique<RelayedStore>(std::move(scenario), [this] {
      if (!holds) return;
      waiting.push_back(Fiber::current());
      Fiber::current()->suspend();
      if (lost) throw state::StoreLost("for the test");
    });
  }
  std::unique_ptr<state::SuspendableCall> make_call() override {
    return std::make_unique<Fiber>(stacks_);
  }

  /// The oldest question, or the newest, has its answer.
  void answer_first() {
    Fiber* const fiber = waiting.front();
    waiting.pop_front();
    fiber->resume();
  }
  void answer_last() {
    Fiber* const fiber = waiting.back();
    waiting.pop_back();
    fiber->resume();
  }

  bool holds = false;
  bool lost = false;
  std::deque<Fiber*> waiting;

 private:
  std::shared_ptr<store::Stacks> stacks_ = std::make_shared<store::Stacks>();
};

/// A server with a rule that is counted at RCPT, and whose store is held.
struct HeldBench {
  HeldBench() {
    scenario::Trigger first;
    first.attempts = scenario::Range<std::uint64_t>{1, 1};
    scenario::Rule rule;
    rule.stages = {scenario::Stage::rcpt};
    rule.trigger = first;
    rule.actions = {scenario::action::Reply{{450, "450 4.2.0 Later\r\n", false}}};
    auto counting = std::make_shared<scenario::Scenario>();
    counting->server.rules = {rule};
    counting->server.extensions[static_cast<std::size_t>(scenario::Extension::pipelining)] = true;
    bench.scenario = counting;
    bench.port.scenario = counting;
    bench.port.prepared = session::prepare_scenario(counting, {});
  }
  void poll() { bench.poll(); }
  net::ServerSettings settings() {
    net::ServerSettings remote;
    remote.stores = &stores;
    return remote;
  }

  HeldStores stores;
  Bench bench{settings(), stores.open(std::make_shared<scenario::Scenario>(), "test")};
};

/// One that has come to RCPT.
void greet(const BenchClient& client) {
  client.send("EHLO client.test\r\nMAIL FROM:<a@x.test>\r\n");
}

} // namespace

TEST_CASE(
    "remote call: what the client pipelines waits for the answer, and has its turn after it") {
  HeldBench held;
  const BenchClient client(held.bench);
  greet(client);
  held.poll();
  CHECK(client.heard() == "220 250 250 ");
  held.stores.holds = true;
  client.send("RCPT TO:<b@y.test>\r\nNOOP\r\n");
  held.poll();
  client.send("RSET\r\nNOOP\r\n");
  held.poll();
  CHECK(client.heard().empty());
  REQUIRE(held.stores.waiting.size() == 1);
  held.stores.answer_first();
  held.poll();
  CHECK(client.heard() == "450 250 250 250 ");
}

TEST_CASE("remote call: answers come in any order, and each session keeps its own") {
  HeldBench held;
  const BenchClient one(held.bench);
  const BenchClient other(held.bench);
  for (const BenchClient* client : {&one, &other}) {
    greet(*client);
    held.poll();
    client->heard();
  }
  held.stores.holds = true;
  one.send("RCPT TO:<1@y.test>\r\nRCPT TO:<1@y.test>\r\n");
  other.send("RCPT TO:<2@y.test>\r\nRCPT TO:<2@y.test>\r\n");
  held.poll();
  REQUIRE(held.stores.waiting.size() == 2);
  held.stores.answer_last();
  held.poll();
  held.stores.answer_first();
  held.poll();
  held.stores.answer_last();
  held.stores.answer_first();
  held.poll();
  CHECK(one.heard() == "450 250 ");
  CHECK(other.heard() == "450 250 ");
}

TEST_CASE("remote call: the end of a client that left meanwhile is recorded after the answer") {
  HeldBench held;
  BenchClient client(held.bench);
  greet(client);
  held.poll();
  held.stores.holds = true;
  client.send("RCPT TO:<b@y.test>\r\n");
  held.poll();
  client.leave();
  held.poll();
  CHECK(held.bench.journal.flushed().find("disconnect") == std::string::npos);
  held.stores.answer_first();
  held.poll();
  const std::string journal = held.bench.journal.flushed();
  const std::size_t refused = journal.find("450 4.2.0 Later");
  const std::size_t ended = journal.find("\"event\":\"disconnect\"");
  CHECK(refused != std::string::npos);
  REQUIRE(ended != std::string::npos);
  CHECK(refused < ended);
  held.stores.holds = false;
  CHECK(held.bench.state.total_connections() == 0);
}

TEST_CASE("remote call: a server that stops waits for the answer, and then says 421") {
  HeldBench held;
  const BenchClient client(held.bench);
  greet(client);
  held.poll();
  client.heard();
  held.stores.holds = true;
  client.send("RCPT TO:<b@y.test>\r\n");
  held.poll();
  held.bench.server.shut_down([] {});
  held.poll();
  CHECK(client.heard().empty());
  held.stores.answer_first();
  held.poll();
  CHECK(client.heard() == "450 421 .");
}

TEST_CASE("remote call: a store that is lost meanwhile is a 421") {
  HeldBench held;
  const BenchClient client(held.bench);
  greet(client);
  held.poll();
  client.heard();
  held.stores.holds = true;
  client.send("RCPT TO:<b@y.test>\r\nNOOP\r\n");
  held.poll();
  held.stores.lost = true;
  held.stores.answer_first();
  held.poll();
  CHECK(client.heard() == "421 .");
}

TEST_CASE("remote call: a session that waits may be destroyed") {
  HeldBench held;
  const BenchClient client(held.bench);
  greet(client);
  held.poll();
  held.stores.holds = true;
  client.send("RCPT TO:<b@y.test>\r\n");
  held.poll();
  REQUIRE(held.stores.waiting.size() == 1);
  held.bench.server.reset_all();
  held.stores.holds = false;
  held.poll();
  CHECK(held.bench.state.total_connections() == 0);
}
