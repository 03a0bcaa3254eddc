// Protocol time for the servers: real time times a scale, or moved by hand.
#pragma once

#include "scenario/units.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace boost::asio {
class io_context;
}

namespace tempfail::net {

/// Tells protocol time and calls back when it has come. Everything on the io_context's one thread.
class Clock {
 public:
  using TimerId = std::uint64_t; ///< 0: none

  virtual ~Clock() = default;
  /// Protocol time since the clock was made.
  virtual Moment now() const = 0;
  /// Calls `callback` once, not before `at`. One heap entry each, nothing while there is none.
  virtual TimerId schedule(Moment at, std::function<void()> callback) = 0;
  virtual void cancel(TimerId id) = 0;
  /// Protocol seconds per real second; 0: moved by hand.
  virtual double scale() const = 0;
};

/// Runs `scale` times as fast as the steady clock (scale > 0), from `start` on; nothing: from now on.
std::unique_ptr<Clock>
make_scaled_clock(boost::asio::io_context& context, double scale,
                  std::optional<std::chrono::steady_clock::time_point> start = {});

/// Stands still until it is told to advance; then timers fire in order, each at its own moment.
class ManualClock : public Clock {
 public:
  virtual void advance(Duration by) = 0;
};
std::unique_ptr<ManualClock> make_manual_clock();

/// Of the wall clock: microseconds since 1970.
std::int64_t unix_microseconds();

} // namespace tempfail::net
