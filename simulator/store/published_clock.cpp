// Asks again and again: an answer says where the clock is, and how many servers are still to move theirs.
#include "store/published_clock.hpp"

#include "store/redis_link.hpp"
#include "store/run.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace tempfail::store {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr auto pause_before_look = 20ms;
/// How long whoever moved the clock waits for the others (REAL time): less than a lease, which ends for a dead server.
constexpr auto patience = 8s;

} // namespace

struct PublishedClock::Impl {
  Impl(boost::asio::io_context& context_given, RedisLink& link_given, const RunKeys& keys_given)
      : context(context_given), link(link_given), keys(keys_given), timer(context_given) {}

  /// Somebody who moved the clock, and waits until all have followed.
  struct Waiter {
    std::function<void(const std::string&)> done;
    Moment target = Moment::max(); ///< as far as it is known
    Steady::time_point deadline;
  };

  void wait() {
    if (is_stopped) return;
    timer.expires_after(pause_before_look);
    timer.async_wait([this](boost::system::error_code error) {
      if (!error) look();
    });
  }

  void look() {
    const auto now = Steady::now();
    while (!waiters.empty() && waiters.front()->deadline < now)
      end_first("not all servers of the run have moved their clocks within " + patience_text());
    const bool is_asked =
        move && post(Function::follow, {keys.keep, keys.node, std::to_string(reached.count())},
                     [this](const Numbers& answer) { follow(Moment(answer[0]), answer[1] == 0); });
    if (!is_asked) wait();
  }

  void follow(Moment to, bool all_have) {
    if (is_stopped) return;
    if (to > reached) {
      reached = to;
      move(to);
      return look(); // the store is told at once
    }
    while (all_have && !waiters.empty() && waiters.front()->target <= reached)
      end_first({});
    wait();
  }

  void advance(Duration by, std::function<void(const std::string&)> done) {
    const auto waiter =
        std::make_shared<Waiter>(Waiter{std::move(done), Moment::max(), Steady::now() + patience});
    waiters.push_back(waiter);
    const bool is_asked = post(Function::advance, {keys.keep, std::to_string(by.count())},
                               [this, waiter](const Numbers& answer) {
                                 waiter->target = Moment(answer[0]);
                                 look(); // and not only after the pause
                               });
    if (!is_asked) lost("it is not there");
  }

  void lost(const std::string& why) {
    while (!waiters.empty())
      end_first("the store is lost: " + why);
  }

  void end_first(std::string problem) {
    boost::asio::post(context, [done = std::move(waiters.front()->done),
                                problem = std::move(problem)] { done(problem); });
    waiters.pop_front();
  }

  bool post(Function function, const std::vector<std::string>& words,
            std::function<void(const Numbers&)> then) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    return link.post(function, keys.run, keys.run, views, std::move(then));
  }

  static std::string patience_text() { return std::to_string(patience.count()) + " s"; }

  boost::asio::io_context& context;
  RedisLink& link;
  const RunKeys& keys;
  boost::asio::steady_timer timer;
  std::function<void(Moment)> move; ///< nothing: this server has no clock yet
  Moment reached{};
  std::deque<std::shared_ptr<Waiter>> waiters;
  bool is_stopped = false;
};

PublishedClock::PublishedClock(boost::asio::io_context& context, RedisLink& link,
                               const RunKeys& keys)
    : impl_(std::make_unique<Impl>(context, link, keys)) {}

PublishedClock::~PublishedClock() = default;

void PublishedClock::begin(Moment moment) {
  impl_->reached = moment;
}

Moment PublishedClock::moment() const {
  return impl_->reached;
}

void PublishedClock::on_moved(std::function<void(Moment)> move) {
  impl_->move = std::move(move);
  impl_->look();
}

void PublishedClock::advance(Duration by, std::function<void(const std::string&)> done) {
  impl_->advance(by, std::move(done));
}

void PublishedClock::lost(const std::string& why) {
  impl_->lost(why);
  if (impl_->move) impl_->wait();
}

void PublishedClock::stop() {
  impl_->is_stopped = true;
  impl_->timer.cancel();
  impl_->waiters.clear();
}

} // namespace tempfail::store
