// A clock that moves only when it is told to: hours of retries pass in no time, and always alike.
#include "client/base/clock.hpp"

#include <map>
#include <utility>

namespace tempfail::client {
namespace {

class VirtualClockImpl final : public VirtualClock {
 public:
  explicit VirtualClockImpl(Moment start) : now_(start) {}

  Moment now() const override { return now_; }
  Moment time_of_day(Moment at) const override { return at; }
  double scale() const override { return 1; }

  TimerId schedule(Moment at, std::function<void()> callback) override {
    const TimerId id = ++last_id_;
    // A moment in the past comes now: time never runs backwards.
    timers_.emplace(Key{at < now_ ? now_ : at, id}, std::move(callback));
    moments_.emplace(id, at < now_ ? now_ : at);
    return id;
  }

  void cancel(TimerId id) override {
    const auto found = moments_.find(id);
    if (found == moments_.end()) return;
    timers_.erase(Key{found->second, id});
    moments_.erase(found);
  }

  void advance(Duration by) override {
    const Moment end = now_ + by;
    run(end);
    now_ = end;
  }

  bool run(Moment limit) override {
    while (!timers_.empty()) {
      const auto first = timers_.begin();
      if (first->first.first > limit) return false;
      now_ = first->first.first;
      const std::function<void()> callback = std::move(first->second);
      moments_.erase(first->first.second);
      timers_.erase(first);
      callback();
    }
    return true;
  }

 private:
  // Timers of one moment fire in the order in which they were scheduled.
  using Key = std::pair<Moment, TimerId>;

  Moment now_;
  TimerId last_id_ = 0;
  std::map<Key, std::function<void()>> timers_;
  std::map<TimerId, Moment> moments_;
};

} // namespace

std::unique_ptr<VirtualClock> make_virtual_clock(Moment start) {
  return std::make_unique<VirtualClockImpl>(start);
}

} // namespace tempfail::client
