// Several servers of one run in one thread, and their store.
#pragma once

#include "store/redis_server.hpp"
#include "store/redis_stores.hpp"
#include "support/catch.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace tempfail::test {

/// What runs while an answer is waited for.
struct Loop {
  /// What a question is answered; nothing: the store is lost.
  template <typename Ask>
  auto ask(store::RedisStores& stores, Ask ask) -> std::optional<decltype(ask())> {
    std::optional<decltype(ask())> answer;
    bool over = false;
    const auto call = stores.make_call();
    const auto work = [&] {
      try {
        answer = ask();
      } catch (const state::StoreLost&) {
        answer.reset();
      }
    };
    if (!call->run(work, [&over] { over = true; })) until([&over] { return over; });
    return answer;
  }

  /// Runs what there is to run until this holds.
  void until(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!holds()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      context.restart();
      context.run_one_for(std::chrono::milliseconds(10));
    }
  }

  boost::asio::io_context context;
};

/// Some servers, and a store that is there and not there.
struct Run : Loop {
  std::unique_ptr<store::RedisStores> join(double scale = 1, std::uint64_t seed = 1,
                                           std::chrono::milliseconds lease = store::node_lease) {
    return std::make_unique<store::RedisStores>(context, server.address(),
                                                store::RunSettings{"test", scale, seed, lease});
  }

  /// Why a server could not join; empty: it could.
  std::string refusal(double scale, std::uint64_t seed) {
    try {
      join(scale, seed);
    } catch (const std::runtime_error& refused) {
      return refused.what();
    }
    return {};
  }

  test::RedisServer server;
};

} // namespace tempfail::test
