// Journals of several servers in one stream: when an event is kept, and what becomes of those that are not.
#include "journal/withdrawal.hpp"
#include "store/several.hpp"
#include "store/stored_run.hpp"
#include "store/stream_reader.hpp"
#include "store/stream_recorder.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

using namespace tempfail;
using namespace std::chrono_literals;
using store::StreamRecorder;
using test::Run;

namespace {

/// A server of a run that writes a journal.
struct Node {
  explicit Node(Run& run_given, std::chrono::milliseconds lease = store::node_lease)
      : run(run_given), stores(run.join(1, 1, lease)),
        journal(stores->journal([this] { return now; })) {
    journal::event::Run first;
    first.started_unix_us = stores->clock().started_unix_us;
    add(first);
  }
  void add(const journal::Body& body) { journal.record({now, 0, 0, body}); }
  void note(std::string_view text) { add(journal::event::Note{text}); }
  /// What is said of all so far.
  bool is_kept() {
    std::optional<bool> answer;
    journal.flush();
    journal.when_kept([&answer](bool kept) { answer = kept; });
    run.until([&answer] { return answer.has_value(); });
    return *answer;
  }
  void watch() {
    stores->on_change([this](const store::StoreChange& change) { ++(change.lost ? lost : found); });
  }
  void end() {
    add(journal::event::End{});
    CHECK(is_kept());
    bool left = false;
    stores->leave([&left] { left = true; });
    run.until([&left] { return left; });
  }

  Run& run;
  Moment now{};
  std::unique_ptr<store::RedisStores> stores;
  StreamRecorder& journal;
  int lost = 0;
  int found = 0;
};

/// Notes of all servers, in order; what is missing as "missing", the rest of one that died as "rest".
std::vector<std::string> told(const Run& run) {
  std::vector<std::string> words;
  const journal::Journal journal = store::read_stored_run(run.server.address(), "test");
  for (const journal::Event& event : journal.events()) {
    if (const auto* note = std::get_if<journal::event::Note>(&event.body))
      words.emplace_back(note->text);
    else if (const auto* store = std::get_if<journal::event::Store>(&event.body))
      words.emplace_back(store->missing == journal::event::Missing::rest ? "rest" : "missing");
    else if (std::holds_alternative<journal::event::Accepted>(event.body))
      words.emplace_back("accepted");
  }
  return words;
}

using Words = std::vector<std::string>;

} // namespace

TEST_CASE("journal: what is kept is in the stream, in its order", "[store]") {
  Run run;
  Node one(run);
  Node other(run);
  one.note("a");
  CHECK(one.is_kept());
  other.note("b");
  CHECK(other.is_kept());
  one.note("c");
  one.end();
  other.end();
  CHECK(told(run) == Words{"a", "b", "c"});
  CHECK(one.journal.not_kept() == 0);
}

TEST_CASE("journal: receipts come in the order of the flushes", "[store]") {
  Run run;
  Node node(run);
  std::string order;
  for (const char word : {'1', '2', '3'}) {
    node.note(std::string(1, word));
    node.journal.flush();
    node.journal.when_kept([&order, word](bool kept) { order += kept ? word : '!'; });
  }
  CHECK(order.empty());
  run.until([&order] { return order.size() == 3; });
  CHECK(order == "123");
}

TEST_CASE("journal: what is written while the store is lost is there when it is found", "[store]") {
  Run run;
  Node node(run);
  node.watch();
  node.note("before");
  CHECK(node.is_kept());
  run.server.freeze();
  node.note("unanswered");
  node.add(journal::event::Accepted{1});
  CHECK_FALSE(node.is_kept());
  node.note("meanwhile");
  CHECK_FALSE(node.is_kept()); // at once
  CHECK(node.journal.not_kept() == 3);
  run.server.thaw();
  run.until([&node] { return node.found == 1; });
  node.note("after");
  node.end();
  // The store may have got the acceptance before it was frozen.
  Words words = told(run);
  REQUIRE(words.size() == 5);
  CHECK((words[2] == "accepted" || words[2] == journal::not_accepted));
  words.erase(words.begin() + 2);
  CHECK(words == Words{"before", "unanswered", "meanwhile", "after"});
}

TEST_CASE("journal: an acceptance that a lost store did not get is withdrawn", "[store]") {
  Run run;
  Node node(run);
  node.watch();
  CHECK(node.is_kept());
  run.server.stop();
  node.add(journal::event::Accepted{1});
  CHECK_FALSE(node.is_kept());
  run.server.start();
  run.until([&node] { return node.found == 1; });
  node.end();
  CHECK(told(run) == Words{"missing", std::string(journal::not_accepted)});
}

TEST_CASE("journal: a store that has forgotten the stream is told what a reader needs", "[store]") {
  Run run;
  Node one(run);
  Node other(run);
  one.watch();
  other.watch();
  journal::event::Server server;
  server.scenario = "case";
  one.journal.record({one.now, 0, 1, server});
  one.note("forgotten");
  CHECK(one.is_kept());
  CHECK(other.is_kept());
  run.server.stop();
  run.until([&] { return one.lost == 1 && other.lost == 1; });
  run.server.start();
  run.until([&] { return one.found == 1 && other.found == 1; });
  one.note("a");
  other.note("b");
  CHECK(one.is_kept());
  CHECK(other.is_kept());
  one.end();
  other.end();
  CHECK(told(run) == Words{"missing", "a", "missing", "b"});
  const journal::Journal journal = store::read_stored_run(run.server.address(), "test");
  bool has_server = false;
  for (const journal::Event& event : journal.events())
    has_server = has_server || std::holds_alternative<journal::event::Server>(event.body);
  CHECK(has_server);
}

TEST_CASE("journal: events for which there is no room are missing", "[store]") {
  Run run;
  Node node(run);
  node.watch();
  node.note("before");
  CHECK(node.is_kept());
  run.server.freeze();
  node.note("lost");
  CHECK_FALSE(node.is_kept());
  const std::string large(std::size_t{1} << 20U, 'x');
  while (node.journal.not_kept() < 20)
    node.note(large);
  run.server.thaw();
  run.until([&node] { return node.found == 1; });
  node.note("after");
  node.end();
  Words words = told(run);
  std::erase(words, large);
  CHECK(words == Words{"before", "lost", "missing", "after"});
  CHECK(node.journal.not_kept() > 0);
}

TEST_CASE("journal: a backlog is written in entries of a limited size", "[store]") {
  Run run;
  Node node(run);
  node.watch();
  node.note("before");
  CHECK(node.is_kept());
  const auto lease = [&run] { return test::lease_in(run.server.address(), "test"); };
  CHECK(lease() == "1");
  run.server.stop();
  run.until([&node] { return node.lost == 1; });
  Words written;
  for (int i = 0; i < 120; ++i) {
    // One line is longer than an entry.
    const std::size_t size = i == 60 ? 3 * StreamRecorder::entry_limit : 20'000;
    written.push_back(std::to_string(i) + std::string(size, 'x'));
    node.note(written.back());
  }
  run.server.start();
  run.until([&node] { return node.found == 1; });
  // A part is on its way, the rest waits. Until all is there the lease says that something is missing.
  CHECK(lease() == "0");
  std::optional<bool> kept;
  node.journal.when_kept([&kept](bool answer) { kept = answer; });
  CHECK_FALSE(kept);
  run.until([&kept] { return kept.has_value(); });
  CHECK(*kept);
  const std::vector<std::string> entries = test::entries_of(run.server.address(), "test");
  CHECK(entries.size() >= 120 * 20'000 / StreamRecorder::entry_limit);
  for (const std::string& entry : entries) {
    const bool is_one_line = std::count(entry.begin(), entry.end(), '\n') == 1;
    CHECK((is_one_line || entry.size() <= StreamRecorder::entry_limit));
    CHECK(entry.ends_with('\n'));
  }
  run.until([&lease] { return lease() == "1"; });
  node.end();
  Words words = told(run);
  std::erase(words, "missing"); // the first note, which the store has forgotten
  CHECK(words == written);
}

TEST_CASE("journal: a backlog during which the store is lost again is there once", "[store]") {
  Run run;
  Node node(run);
  node.watch();
  CHECK(node.is_kept());
  run.server.stop();
  run.until([&node] { return node.lost == 1; });
  Words written;
  for (int i = 0; i < 60; ++i) {
    written.push_back(std::to_string(i) + std::string(20'000, 'x'));
    node.note(written.back());
  }
  run.server.start();
  run.until([&node] { return node.found == 1; });
  std::string answers;
  node.journal.when_kept([&answers](bool kept) { answers += kept ? 'k' : 'l'; });
  run.server.freeze(); // some entries are not answered
  run.until([&node] { return node.lost == 2; });
  CHECK(answers == "l");
  run.server.thaw();
  run.until([&node] { return node.found == 2; });
  node.end();
  Words words = told(run);
  std::erase(words, "missing");
  CHECK(words == written);
}

TEST_CASE("journal: of a server whose lease has expired the rest is missing", "[store]") {
  Run run;
  Node alive(run);
  alive.now = 1s;
  alive.note("alive");
  {
    Node dead(run, 300ms);
    dead.note("dead");
    CHECK(dead.is_kept());
    CHECK(alive.is_kept());
  }
  alive.end();
  CHECK(told(run) == Words{"dead", "rest", "alive"});
}

TEST_CASE("journal: a store without one says so", "[store]") {
  Run run;
  const auto read = [&run](const char* name) {
    store::read_stored_run(run.server.address(), name);
  };
  CHECK_THROWS_WITH(read("test"), "has no run named test");
  const auto node = run.join();
  CHECK_THROWS_WITH(read("test"), "has no journal of the run test: its servers were not started "
                                  "with --journal store");
  run.server.stop();
  CHECK_THROWS_AS(read("test"), std::runtime_error);
}
