// The clock of a real run: the steady clock times a scale, on Asio's timers.
#include "client/base/clock.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cmath>
#include <unordered_map>
#include <utility>

namespace tempfail::client {
namespace {

Duration times(Duration duration, double factor) {
  return Duration{std::llround(static_cast<double>(duration.count()) * factor)};
}

class ScaledClock final : public Clock {
 public:
  ScaledClock(boost::asio::io_context& context, const ClockOrigin& origin)
      : context_(context), start_(std::chrono::steady_clock::now()),
        // From here on the steady clock moves time: a time of day that is set back changes nothing.
        origin_(origin.rescaled(origin.scale, read_time_of_day())) {}

  Moment now() const override {
    const auto passed =
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - start_);
    return origin_.protocol + times(passed, origin_.scale);
  }

  Moment time_of_day(Moment at) const override { return origin_.day_time_at(at); }
  double scale() const override { return origin_.scale; }

  TimerId schedule(Moment at, std::function<void()> callback) override {
    const TimerId id = ++last_id_;
    arm(id, timers_.try_emplace(id, context_, at, std::move(callback)).first->second);
    return id;
  }

  void cancel(TimerId id) override { timers_.erase(id); }

  void follow(Moment time_of_day) override {
    constexpr auto least =
        std::chrono::seconds(1); // less is the way in which clocks are kept right
    if (origin_.protocol_at(time_of_day) - now() < times(least, origin_.scale)) return;
    origin_ = origin_.rescaled(origin_.scale, time_of_day);
    start_ = std::chrono::steady_clock::now();
    for (auto& [id, entry] : timers_)
      arm(id, entry);
  }

 private:
  struct Entry {
    Entry(boost::asio::io_context& context, Moment when, std::function<void()> what)
        : timer(context), at(when), callback(std::move(what)) {}
    boost::asio::steady_timer timer;
    Moment at;
    std::function<void()> callback;
  };

  /// Waits for the entry's moment, and no longer for what it was before.
  void arm(TimerId id, Entry& entry) {
    // Rounded up, so that a timer is never early.
    const double real =
        std::ceil(static_cast<double>((entry.at - origin_.protocol).count()) / origin_.scale);
    // A hundred years: further away than any timer, and far from overflow.
    constexpr double longest = 3.2e15;
    entry.timer.expires_at(start_ +
                           Duration{static_cast<Duration::rep>(std::min(real, longest)) + 1});
    entry.timer.async_wait([this, id](const boost::system::error_code& error) {
      if (!error) fire(id);
    });
  }

  void fire(TimerId id) {
    const auto found = timers_.find(id);
    if (found == timers_.end()) return; // cancelled while it was on its way
    const std::function<void()> callback = std::move(found->second.callback);
    timers_.erase(found);
    callback();
  }

  boost::asio::io_context& context_;
  std::chrono::steady_clock::time_point start_;
  ClockOrigin origin_;
  TimerId last_id_ = 0;
  std::unordered_map<TimerId, Entry> timers_;
};

} // namespace

Moment ClockOrigin::protocol_at(Moment day_time) const {
  return protocol + times(day_time - time_of_day, scale);
}

Moment ClockOrigin::day_time_at(Moment protocol_time) const {
  return time_of_day + times(protocol_time - protocol, 1 / scale);
}

ClockOrigin ClockOrigin::rescaled(double new_scale, Moment day_time) const {
  return {day_time, protocol_at(day_time), new_scale};
}

Moment read_time_of_day() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

std::unique_ptr<Clock> make_scaled_clock(boost::asio::io_context& context,
                                         const ClockOrigin& origin) {
  return std::make_unique<ScaledClock>(context, origin);
}

} // namespace tempfail::client
