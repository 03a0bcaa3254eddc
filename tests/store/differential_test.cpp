// What the functions in Redis do is what the pure functions do in memory: the same questions have the same answers.
#include "state/memory_store.hpp"
#include "store/operation.hpp"
#include "store/redis_server.hpp"
#include "store/redis_stores.hpp"
#include "support/catch.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <optional>

using namespace tempfail;
using test::Operation;
using test::Trace;

namespace {

/// Asks a store in Redis as a session does, and waits for the answers.
class Asker {
 public:
  Asker() : stores_(context_, server_.address(), {"test", 1, 1}) {}

  /// A state that nobody has asked yet.
  std::unique_ptr<state::Store> open(const scenario::ScenarioPtr& scenario) {
    return stores_.open(scenario, "s" + std::to_string(++opened_));
  }

  std::string answer(state::Store& store, const Operation& operation) {
    const std::unique_ptr<state::SuspendableCall> call = stores_.make_call();
    std::string said;
    bool over = false;
    const auto work = [&] {
      try {
        said = test::answer(store, operation);
      } catch (const std::exception& problem) {
        said = std::string("no answer: ") + problem.what();
      }
    };
    if (call->run(work, [&over] { over = true; })) return said;
    while (!over)
      context_.run_one();
    return said;
  }

 private:
  test::RedisServer server_;
  boost::asio::io_context context_;
  store::RedisStores stores_;
  int opened_ = 0;
};

/// Where the answers part, and what they are; nothing: nowhere.
std::optional<std::string> difference(Asker& asker, const scenario::ScenarioPtr& scenario,
                                      const Trace& trace) {
  state::MemoryStore memory(scenario);
  const std::unique_ptr<state::Store> redis = asker.open(scenario);
  for (const Operation& operation : trace) {
    const std::string wanted = test::answer(memory, operation);
    const std::string given = asker.answer(*redis, operation);
    if (given != wanted)
      return "memory: " + wanted + "\nredis:  " + given + "\nafter\n" + test::to_string(trace);
  }
  return std::nullopt;
}

/// The shortest trace that shows a difference, of those that leaving questions out leads to.
std::string shrunk(Asker& asker, const scenario::ScenarioPtr& scenario, Trace trace) {
  for (std::size_t length = trace.size(); length > 0; length /= 2) {
    for (std::size_t begin = 0; begin < trace.size();) {
      Trace shorter = trace;
      const auto first = shorter.begin() + static_cast<std::ptrdiff_t>(begin);
      shorter.erase(first,
                    first + static_cast<std::ptrdiff_t>(std::min(length, trace.size() - begin)));
      if (difference(asker, scenario, shorter))
        trace = std::move(shorter);
      else
        begin += length;
    }
  }
  return *difference(asker, scenario, trace);
}

} // namespace

TEST_CASE("a store in Redis answers as one in memory", "[store]") {
  Asker asker;
  std::size_t asked = 0;
  constexpr std::size_t length = 60;
  constexpr std::uint64_t traces = 400;
  for (std::uint64_t seed = 1; seed <= traces; ++seed) {
    std::mt19937_64 random(seed);
    const scenario::ScenarioPtr scenario = test::random_scenario(random);
    const Trace trace = test::random_trace(random, scenario->server, length);
    asked += trace.size();
    if (!difference(asker, scenario, trace)) continue;
    FAIL("seed " << seed << "\n" << shrunk(asker, scenario, trace));
  }
  CHECK(asked == traces * length);
}
