// What is recorded of a content, and after it, happens when it was looked at.
#include "net/content_moment.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <vector>

using namespace tempfail;
using namespace std::chrono_literals;

namespace {

/// Shows this time, whatever is asked of it.
class Shown final : public net::Clock {
 public:
  Shown(Moment now, double scale) : now_(now), scale_(scale) {}
  Moment now() const override { return now_; }
  TimerId schedule(Moment, std::function<void()>) override { return 0; }
  void cancel(TimerId) override {}
  double scale() const override { return scale_; }

 private:
  Moment now_;
  double scale_;
};

journal::event::Exchange exchange(std::optional<Moment> answered) {
  journal::event::Exchange it;
  it.asked = 1s;
  it.answered = answered;
  return it;
}

/// The moments of what was recorded at one second, and when the last exchange was answered.
struct Stamped {
  std::vector<Moment> times;
  std::optional<Moment> answered;
  Moment asked{};
};

Stamped stamped(Moment now, double scale, std::optional<Moment> answered = 1s) {
  session::Effects effects;
  const auto add = [&effects](journal::Body body) {
    effects.list.emplace_back(session::effect::Record{journal::Event{1s, 1, 1, std::move(body)}});
  };
  add(exchange(1s)); // RCPT, in the same piece of input
  add(journal::event::Content{});
  add(exchange(answered));
  net::move_after_content(effects, Shown(now, scale));
  Stamped result;
  for (const session::Effect& effect : effects.list) {
    const auto& event = std::get<session::effect::Record>(effect).event;
    result.times.push_back(event.time);
    if (const auto* it = std::get_if<journal::event::Exchange>(&event.body)) {
      result.answered = it->answered;
      result.asked = it->asked;
    }
  }
  return result;
}

using Moments = std::vector<Moment>;

} // namespace

TEST_CASE("content moment: what took a while has happened after that") {
  const Stamped late = stamped(3s, 1);
  CHECK(late.times == Moments{1s, 3s, 3s});
  CHECK(late.answered == Moment(3s));
  CHECK(late.asked == 1s);
  CHECK_FALSE(stamped(3s, 1, std::nullopt).answered);
}

TEST_CASE("content moment: less than a millisecond of real time is nothing") {
  CHECK(stamped(1s + 999us, 1).times == Moments{1s, 1s, 1s});
  CHECK(stamped(1s + 1ms, 1).times == Moments{1s, 1s + 1ms, 1s + 1ms});
  CHECK(stamped(4s + 599ms, 3600).times == Moments{1s, 1s, 1s});
  CHECK(stamped(4s + 600ms, 3600).times == Moments{1s, 4s + 600ms, 4s + 600ms});
}
