// The two clocks: one that follows the steady clock at a scale, one that is moved by hand.
#include "net/clock.hpp"

#include "net/timer_queue.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cmath>
#include <utility>

namespace tempfail::net {

namespace {

using Steady = std::chrono::steady_clock;

class ScaledClock final : public Clock {
 public:
  ScaledClock(boost::asio::io_context& context, double scale, Steady::time_point start)
      : timer_(context), scale_(scale), start_(start), alive_(std::make_shared<bool>(true)) {}

  Moment now() const override {
    const auto real = Steady::now() - start_;
    if (scale_ == 1.0) return std::chrono::duration_cast<Moment>(real);
    return std::chrono::duration_cast<Moment>(real * scale_);
  }

  TimerId schedule(Moment at, std::function<void()> callback) override {
    const TimerId id = timers_.add(at, std::move(callback));
    if (!armed_ || timers_.first() < armed_for_) arm();
    return id;
  }

  void cancel(TimerId id) override {
    if (id == 0) return;
    timers_.remove(id);
    // With others left the system's timer stays as it is: it finds nothing due and sets itself
    // anew.
    if (timers_.empty() && armed_) {
      armed_ = false;
      timer_.cancel();
    }
  }

  double scale() const override { return scale_; }

 private:
  /// The real moment at which `at` has come, rounded up: never before its time.
  Steady::time_point real_time(Moment at) const {
    const double real_ns = std::ceil(static_cast<double>(at.count()) * 1000.0 / scale_);
    constexpr double limit = 4e18; // some 127 years: as good as never
    return start_ + std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(real_ns, limit)));
  }

  void arm() {
    armed_ = true;
    armed_for_ = timers_.first();
    timer_.expires_at(real_time(armed_for_));
    timer_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](boost::system::error_code error) {
      if (!error && !alive.expired()) fire();
    });
  }

  void fire() {
    armed_ = false;
    const Moment moment = now();
    while (!timers_.empty() && timers_.first() <= moment)
      timers_.take_first()();
    if (!timers_.empty() && !armed_) arm();
  }

  boost::asio::steady_timer timer_;
  double scale_;
  Steady::time_point start_;
  TimerQueue timers_;
  bool armed_ = false;
  Moment armed_for_{};
  std::shared_ptr<bool>
      alive_; ///< a handler that was already on its way must not find a dead clock
};

class HandClock final : public ManualClock {
 public:
  Moment now() const override { return now_; }
  TimerId schedule(Moment at, std::function<void()> callback) override {
    return timers_.add(at, std::move(callback));
  }
  void cancel(TimerId id) override { timers_.remove(id); }
  double scale() const override { return 0; }

  void advance(Duration by) override {
    const Moment target = now_ + by;
    while (!timers_.empty() && timers_.first() <= target) {
      now_ = std::max(now_, timers_.first());
      timers_.take_first()();
    }
    now_ = target;
  }

 private:
  Moment now_{};
  TimerQueue timers_;
};

} // namespace

std::unique_ptr<Clock> make_scaled_clock(boost::asio::io_context& context, double scale,
                                         std::optional<Steady::time_point> start) {
  return std::make_unique<ScaledClock>(context, scale, start.value_or(Steady::now()));
}

std::unique_ptr<ManualClock> make_manual_clock() {
  return std::make_unique<HandClock>();
}

std::int64_t unix_microseconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

} // namespace tempfail::net
