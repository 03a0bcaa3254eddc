// The connection to a Redis server: questions and answers, its loss, and its return.
#pragma once

#include "store/address.hpp"
#include "store/functions.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace boost::asio {
class io_context;
}

namespace tempfail::store {

/// How long an answer is waited for (REAL time, as all here), and how long between two tries to connect.
inline constexpr std::chrono::milliseconds longest_wait = std::chrono::seconds(2);
inline constexpr std::chrono::milliseconds pause_before_reconnect(500);

/// Answers come in the order of the questions. Everything on the io_context's one thread. hiredis writes to sockets
/// whose other end may be gone: the program has to ignore SIGPIPE, as tempfail does.
class RedisLink {
 public:
  /// Why it is lost, and when it was asked what it did not answer any more.
  using OnLost =
      std::function<void(const std::string& why, std::chrono::steady_clock::time_point since)>;
  /// Connects at once. `on_found`: it stands, and the functions are there; before any other question. `on_lost`: it
  /// does not stand (any more); once, until it is found again. Those who wait for an answer may hear of it before.
  RedisLink(boost::asio::io_context& context, Address address, std::function<void()> on_found,
            OnLost on_lost);
  ~RedisLink();
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;

  bool is_found() const;

  using Arguments = std::span<const std::string_view>;
  /// Waits for the answer, in a fiber. Throws state::StoreLost.
  Numbers ask(Function function, std::string_view base, std::string_view run, Arguments arguments);
  /// Does not wait. `then` is called with the answer; not at all when it never comes. False: the store is lost.
  bool post(Function function, std::string_view base, std::string_view run, Arguments arguments,
            std::function<void(const Numbers&)> then = {});

  /// Appends an entry of names and values to a stream. `then` is called with whether it is there; false: nobody knows.
  /// False: the store is lost, and `then` is not called.
  bool append(std::string_view stream, Arguments names_and_values, std::function<void(bool)> then);

  /// No more: who waits is told that it is lost.
  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_; ///< shared with the handlers that are on their way
};

} // namespace tempfail::store
