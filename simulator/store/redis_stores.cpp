// A link, the stores that ask through it, and this server's lease.
#include "store/redis_stores.hpp"

#include "store/fiber.hpp"
#include "store/published_clock.hpp"
#include "store/redis_link.hpp"
#include "store/redis_store.hpp"
#include "store/stream_recorder.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cmath>
#include <initializer_list>
#include <random>
#include <stdexcept>
#include <utility>

namespace tempfail::store {
namespace {

using Steady = std::chrono::steady_clock;

/// No two servers have the same, whatever machine they run on.
std::string make_node() {
  std::random_device random;
  std::string name;
  for (int i = 0; i < 2; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    const unsigned bits = random();
    for (unsigned shift = 0; shift < 32; shift += 4)
      name += digits[bits >> shift & 15U];
  }
  return name;
}

/// A scale as all nodes compare it.
std::int64_t in_millionths(double scale) {
  return std::llround(scale * 1e6);
}

} // namespace

struct RedisStores::Impl {
  Impl(boost::asio::io_context& context_given, const Address& address,
       const RunSettings& settings_given)
      : settings(settings_given), keys(settings_given.name, make_node()),
        stacks(std::make_shared<Stacks>()), context(context_given), renewal(context_given),
        published(context_given, link, keys),
        link(
            context_given, address, [this] { found(); },
            [this](const std::string& why, Steady::time_point since) { lost(why, since); }) {}

  /// Before anything else is asked: the run is joined (again), and the store is told what it may have forgotten.
  void found() {
    const std::string scale = std::to_string(in_millionths(settings.time_scale));
    const std::string seed = std::to_string(settings.seed);
    const std::string lease = std::to_string(settings.lease.count());
    const std::string start = std::to_string(clock.started_unix_us);
    const std::string moment = std::to_string(published.moment().count());
    if (journal) is_all_written = false;
    post(Function::join, {keys.keep, scale, seed, keys.node, lease, start, written(), moment},
         [this, asked = Steady::now()](const Numbers& answer) { joined(answer, asked); });
    restore();
    if (is_joined) renew();
  }

  void joined(const Numbers& answer, Steady::time_point asked) {
    const bool restarted = std::exchange(life, answer[4]) != answer[4];
    if (is_joined) {
      if (journal) write_backlog(restarted);
      if (on_change) on_change({false, {}, {}, restarted});
      return;
    }
    const std::int64_t scale = answer[2];
    const std::int64_t given = in_millionths(settings.time_scale);
    if (scale != given) {
      problem = "the run " + settings.name + " has " + clock_text(scale) +
                "; this server was given " + clock_text(given);
    } else if (answer[3] != 1) {
      problem =
          "the run " + settings.name + " has another seed than " + std::to_string(settings.seed);
    } else {
      clock.started_unix_us = answer[0];
      clock.told(answer[1], asked, Steady::now());
      published.begin(Moment(answer[5]));
      ask_the_time(asked);
    }
  }

  /// A slow answer says little about the time: the quickest of several counts.
  void ask_the_time(Steady::time_point since) {
    constexpr int max_questions = 8;
    if (++times_asked > max_questions || Steady::now() - since > longest_wait / 2)
      return end_joining();
    post(Function::now, {keys.keep}, [this, since, asked = Steady::now()](const Numbers& answer) {
      if (is_joined) return; // without this answer
      clock.told(answer[0], asked, Steady::now());
      ask_the_time(since);
    });
  }

  void run_out_of_time() {
    if (clock.is_known())
      end_joining();
    else
      problem = "no answer within 2 s";
  }

  void end_joining() {
    is_joined = true;
    wait_to_renew();
  }

  /// A reader of the stream waits for a lease that says that nothing is missing.
  void write_backlog(bool restarted) {
    journal->found(restarted);
    journal->when_kept([this](bool kept) {
      if (!kept) return;
      is_all_written = true;
      renew();
    });
  }

  std::string_view written() const { return is_all_written ? "1" : "0"; }

  void lost(const std::string& why, Steady::time_point since) {
    if (!is_joined) problem = why;
    renewal.cancel();
    if (journal) journal->lost();
    published.lost(why);
    if (leaving) return end_leaving();
    if (is_joined && on_change) on_change({true, why, since, false});
  }

  void wait_to_renew() {
    renewal.expires_after(settings.lease / 3);
    renewal.async_wait([this](boost::system::error_code error) {
      if (!error && link.is_found()) renew();
    });
  }

  /// A lease says of the journal what holds until then: nothing of it is on its way.
  void renew() {
    if (journal) {
      journal->flush();
      journal->when_kept([this](bool kept) {
        if (kept) renew_lease();
      });
    } else {
      renew_lease();
    }
    wait_to_renew();
  }

  void renew_lease() {
    const std::string lease = std::to_string(settings.lease.count());
    post(Function::renew, {keys.keep, keys.node, lease, written()}, [this](const Numbers& answer) {
      if (answer[0] == 0) restore(); // its lease had ended: nobody counts its connections any more
    });
  }

  void restore() {
    for (RedisStore* const store : opened)
      store->restore();
  }

  void post(Function function, std::initializer_list<std::string_view> words,
            std::function<void(const Numbers&)> then) {
    link.post(function, keys.run, keys.run, {words.begin(), words.size()}, std::move(then));
  }

  void end_leaving() {
    if (const auto done = std::exchange(leaving, nullptr)) boost::asio::post(context, done);
  }

  static std::string clock_text(std::int64_t millionths) {
    if (millionths == 0) return "a clock that is moved by hand (--clock manual)";
    std::string text = std::to_string(static_cast<double>(millionths) / 1e6);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return "the time scale " + text;
  }

  RunSettings settings;
  RunKeys keys;
  RunClock clock;
  std::shared_ptr<Stacks> stacks;
  OpenStores opened;
  std::int64_t life = 0; ///< which start of the store's server it was found at
  std::function<void(const StoreChange&)> on_change;
  std::function<void()> leaving; ///< called once it has left
  std::string problem;           ///< why the run was not joined
  bool is_joined = false;
  bool is_all_written = true; ///< of the journal, before the store was found last
  int times_asked = 0;        ///< questions for the time
  boost::asio::io_context& context;
  boost::asio::steady_timer renewal;
  std::unique_ptr<StreamRecorder> journal; ///< null: nobody asked for it
  PublishedClock published;
  RedisLink link; ///< ends first, and tells the journal
};

RedisStores::RedisStores(boost::asio::io_context& context, const Address& address,
                         const RunSettings& settings)
    : impl_(std::make_unique<Impl>(context, address, settings)) {
  const auto deadline = std::chrono::steady_clock::now() + longest_wait;
  while (!impl_->is_joined && impl_->problem.empty())
    if (context.run_one_until(deadline) == 0) impl_->run_out_of_time();
  context.restart();
  if (!impl_->is_joined) throw std::runtime_error(impl_->problem);
}

RedisStores::~RedisStores() = default;

std::unique_ptr<state::Store> RedisStores::open(scenario::ScenarioPtr scenario,
                                                std::string_view key) {
  return std::make_unique<RedisStore>(impl_->link, impl_->keys, std::move(scenario), key,
                                      impl_->opened);
}

std::unique_ptr<state::SuspendableCall> RedisStores::make_call() {
  return std::make_unique<Fiber>(impl_->stacks);
}

const RunClock& RedisStores::clock() const {
  return impl_->clock;
}

PublishedClock& RedisStores::published_clock() {
  return impl_->published;
}

StreamRecorder& RedisStores::journal(std::function<Moment()> now) {
  impl_->journal = std::make_unique<StreamRecorder>(impl_->link, impl_->keys, std::move(now));
  return *impl_->journal;
}

void RedisStores::on_change(std::function<void(const StoreChange&)> callback) {
  impl_->on_change = std::move(callback);
}

void RedisStores::leave(std::function<void()> done) {
  impl_->renewal.cancel();
  impl_->published.stop();
  impl_->on_change = nullptr;
  impl_->leaving = std::move(done);
  if (!impl_->link.is_found()) return impl_->end_leaving();
  impl_->post(Function::leave, {impl_->keys.keep, impl_->keys.node},
              [this](const Numbers&) { impl_->end_leaving(); });
}

} // namespace tempfail::store
