// A journal that another machine keeps: no client sees an acceptance, or its end, before that is kept.
#include "journal/reader.hpp"
#include "journal/receipts.hpp"
#include "net/bench_client.hpp"
#include "net/server_context_bench.hpp"
#include "support/catch.hpp"

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace tempfail;
using namespace tempfail::test;

namespace {

/// Receipts that come when the test says so.
class HeldReceipts final : public journal::Receipts {
 public:
  void when_kept(std::function<void(bool)> then) override {
    if (holds)
      waiting.push_back(std::move(then));
    else
      then(!lost);
  }
  void answer(bool kept) {
    const auto then = std::move(waiting.front());
    waiting.pop_front();
    then(kept);
  }
  bool holds = true;
  bool lost = false;
  std::deque<std::function<void(bool)>> waiting;
};

struct ReceiptBench {
  ReceiptBench() {
    auto pipelining = std::make_shared<scenario::Scenario>();
    pipelining->server.extensions[static_cast<std::size_t>(scenario::Extension::pipelining)] = true;
    bench.port.scenario = pipelining;
    bench.port.prepared = session::prepare_scenario(pipelining, {});
  }
  void poll() { bench.poll(); }
  std::string journal() const { return bench.journal.flushed(); }
  bool has(std::string_view text) const { return journal().find(text) != std::string::npos; }

  net::ServerSettings settings() {
    net::ServerSettings remote;
    remote.receipts = &receipts;
    return remote;
  }

  HeldReceipts receipts;
  Bench bench{settings()};
};

constexpr std::string_view accepted = "\"event\":\"accepted\"";
constexpr std::string_view message = "MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n";

/// One that has sent a message up to the dot, which is not answered.
void send_message(ReceiptBench& held, const BenchClient& client) {
  client.send("EHLO client.test\r\n");
  client.send(message);
  held.poll();
  CHECK(client.heard() == "220 250 250 250 354 ");
  client.send("text\r\n.\r\n");
  held.poll();
}

} // namespace

TEST_CASE("receipts: a 250 waits until its acceptance is kept, and what follows with it") {
  ReceiptBench held;
  const BenchClient client(held.bench);
  send_message(held, client);
  CHECK(held.has(accepted));
  CHECK(client.heard().empty());
  client.send("NOOP\r\n");
  held.poll();
  CHECK(client.heard().empty());
  REQUIRE(held.receipts.waiting.size() == 1);
  held.receipts.answer(true);
  held.poll();
  CHECK(client.heard() == "250 250 ");
  CHECK(held.bench.server.totals.messages_accepted == 1);
}

TEST_CASE("receipts: other sessions go on meanwhile") {
  ReceiptBench held;
  const BenchClient client(held.bench);
  const BenchClient other(held.bench);
  send_message(held, client);
  other.send("EHLO client.test\r\nMAIL FROM:<a@x.test>\r\n");
  held.poll();
  CHECK(other.heard() == "220 250 250 ");
  CHECK(client.heard().empty());
  held.receipts.answer(true);
  held.poll();
  CHECK(client.heard() == "250 ");
}

TEST_CASE("receipts: messages that wait for different ones are answered as theirs come") {
  ReceiptBench held;
  const BenchClient client(held.bench);
  const BenchClient other(held.bench);
  send_message(held, client);
  send_message(held, other);
  REQUIRE(held.receipts.waiting.size() == 2);
  held.receipts.answer(true);
  held.poll();
  CHECK(client.heard() == "250 ");
  CHECK(other.heard().empty());
  held.receipts.answer(true);
  held.poll();
  CHECK(other.heard() == "250 ");
}

TEST_CASE("receipts: an acceptance that is not kept is none, and its client loses the connection") {
  ReceiptBench held;
  const BenchClient client(held.bench);
  send_message(held, client);
  held.receipts.answer(false);
  held.poll();
  CHECK(client.heard() != "250 ");
  CHECK(held.bench.server.totals.messages_accepted == 0);
  const auto read = journal::Journal::decode(held.journal());
  const auto& end = std::get<journal::event::Disconnect>(read.events().back().body);
  CHECK(end.by == journal::event::EndedBy::store_lost);
  CHECK(end.reset);
  for (const journal::Event& event : read.events())
    if (const auto* exchange = std::get_if<journal::event::Exchange>(&event.body))
      CHECK(exchange->answered.has_value() == (exchange->stage != scenario::Stage::message));
}

TEST_CASE("receipts: a QUIT that came with a message whose acceptance is not kept ends nothing") {
  ReceiptBench held;
  const BenchClient client(held.bench);
  client.send("EHLO client.test\r\n");
  client.send(message);
  held.poll();
  CHECK(client.heard() == "220 250 250 250 354 ");
  client.send("text\r\n.\r\nQUIT\r\n");
  held.poll();
  CHECK(client.heard().empty());
  held.receipts.answer(false);
  held.poll();
  CHECK(client.heard().find("250") == std::string::npos);
  const auto read = journal::Journal::decode(held.journal());
  std::vector<journal::event::Disconnect> ends;
  for (const journal::Event& event : read.events()) {
    if (const auto* end = std::get_if<journal::event::Disconnect>(&event.body))
      ends.push_back(*end);
    const auto* exchange = std::get_if<journal::event::Exchange>(&event.body);
    if (exchange == nullptr || exchange->stage < scenario::Stage::message) continue;
    CHECK_FALSE(exchange->answered);
    CHECK(exchange->code == 0);
  }
  REQUIRE(ends.size() == 1);
  CHECK(ends.front().by == journal::event::EndedBy::store_lost);
  CHECK(ends.front().reset);
  CHECK(held.bench.state.total_connections() == 0);
}

TEST_CASE("receipts: a session ends as always where only its end is not kept") {
  ReceiptBench held;
  const BenchClient client(held.bench);
  client.send("EHLO client.test\r\nQUIT\r\n");
  held.poll();
  REQUIRE(held.receipts.waiting.size() == 1);
  held.receipts.answer(false);
  held.poll();
  CHECK(client.heard() == "220 250 221 .");
  held.receipts.holds = false;
  held.receipts.lost = true;
  const BenchClient next(held.bench);
  next.send("EHLO client.test\r\nQUIT\r\n");
  held.poll();
  CHECK(next.heard() == "220 250 221 .");
}

TEST_CASE("receipts: a client that leaves while its acceptance waits has left after it") {
  ReceiptBench held;
  BenchClient client(held.bench);
  send_message(held, client);
  client.leave();
  held.poll();
  CHECK_FALSE(held.has("disconnect"));
  held.receipts.answer(true);
  held.poll();
  CHECK(held.has("disconnect"));
  CHECK(held.bench.state.total_connections() == 0);
}

TEST_CASE("receipts: a server that stops says 421 after what waits") {
  ReceiptBench held;
  const BenchClient client(held.bench);
  send_message(held, client);
  held.bench.server.shut_down([] {});
  held.poll();
  CHECK(client.heard().empty());
  held.receipts.answer(true);
  held.poll();
  CHECK(client.heard() == "250 ");
  REQUIRE(held.receipts.waiting.size() == 1); // for the end
  held.receipts.answer(true);
  held.poll();
  CHECK(client.heard() == "421 .");
}

TEST_CASE("receipts: a connection that waits may be destroyed, and so may its server") {
  HeldReceipts outlives;
  {
    ReceiptBench held;
    const BenchClient client(held.bench);
    send_message(held, client);
    held.bench.server.reset_all();
    held.poll();
    held.receipts.answer(true);
    held.poll();
    CHECK(held.bench.state.total_connections() == 0);
    const BenchClient other(held.bench);
    send_message(held, other);
    std::swap(outlives.waiting, held.receipts.waiting);
  }
  REQUIRE(outlives.waiting.size() == 1);
  outlives.answer(true);
}
