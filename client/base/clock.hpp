// Time as a parameter: protocol time, as a scaled clock tells it or as a test moves it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace tempfail::client {

/// A stretch of protocol time: what the RFCs' figures are measured in.
using Duration = std::chrono::microseconds;
/// A moment of protocol time. Equal to the time of day while the scale is 1.
using Moment = std::chrono::sys_time<std::chrono::microseconds>;

/// Tells protocol time and calls back when it has come. Everything on one thread.
class Clock {
 public:
  using TimerId = std::uint64_t; ///< 0: none

  virtual ~Clock() = default;
  virtual Moment now() const = 0;
  /// The time of day at which the moment `at` comes: what is written for people to read.
  virtual Moment time_of_day(Moment at) const = 0;
  /// Calls `callback` once, not before `at`, and never from inside schedule().
  virtual TimerId schedule(Moment at, std::function<void()> callback) = 0;
  virtual void cancel(TimerId id) = 0;
  /// Protocol seconds per second.
  virtual double scale() const = 0;
  /// The time of day has been set. Where it is later than this clock thinks, time has passed, and timers come due; a
  /// time of day that was set back changes nothing.
  virtual void follow(Moment /*time_of_day*/) {}
};

/// Where protocol time and the time of day meet. A queue keeps it, so that the moments it has
/// stored mean the same in the next process.
struct ClockOrigin {
  Moment time_of_day{};
  Moment protocol{};
  double scale = 1;

  Moment protocol_at(Moment day_time) const;
  Moment day_time_at(Moment protocol_time) const;
  /// The same moment, from which on time runs at `new_scale`.
  ClockOrigin rescaled(double new_scale, Moment day_time) const;
};

/// The time of day, now.
Moment read_time_of_day();

/// Runs on the io_context's timers, origin.scale times as fast as the steady clock (scale > 0).
std::unique_ptr<Clock> make_scaled_clock(boost::asio::io_context& context,
                                         const ClockOrigin& origin);

/// Stands still until it is told to move; then the timers fire in order, each at its own moment.
class VirtualClock : public Clock {
 public:
  /// Fires everything that is due up to now() + `by`, and ends there.
  virtual void advance(Duration by) = 0;
  /// Jumps from timer to timer until none is left, or until `limit`. True when none is left.
  virtual bool run(Moment limit) = 0;
};
std::unique_ptr<VirtualClock> make_virtual_clock(Moment start);

} // namespace tempfail::client
