// Those who wait for something to happen on a server: each with a condition, and a time after which it waits no more.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace tempfail::control {

/// How waiting came to its end.
enum class WaitEnd : std::uint8_t {
  ready,
  time_up, ///< there is as much as there is
  gone,    ///< the server was closed
};

class Waits {
 public:
  using Id = std::uint64_t; ///< 0: none

  /// So many at most.
  Waits(boost::asio::io_context& loop, std::size_t most);
  ~Waits();
  Waits(const Waits&) = delete;
  Waits& operator=(const Waits&) = delete;

  /// Calls `done` once, from the loop: when `is_ready` holds at a look, the first of which comes by itself, or when
  /// this much real time has passed. Throws Refusal where there are too many.
  Id add(std::chrono::milliseconds time, std::function<bool()> is_ready,
         std::function<void(WaitEnd)> done);
  /// It can't end before it is released, even when its time is up.
  void hold(Id id);
  void release(Id id);
  /// Forgets one that has not ended, without a call.
  void cancel(Id id);
  /// Something happened.
  void look();
  /// All end now: what they wait for is gone.
  void end_all();
  bool empty() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace tempfail::control
