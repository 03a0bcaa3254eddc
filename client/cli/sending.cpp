// Everything that delivering from a queue takes, put together.
#include "client/cli/sending.hpp"

#include "client/cli/clock_watch.hpp"
#include "client/cli/command.hpp"
#include "client/cli/folder_watch.hpp"
#include "client/stats/metrics_server.hpp"
#include "client/stats/overview.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <sys/random.h>

#include <csignal>
#include <cstdlib>
#include <utility>

namespace tempfail::client {
namespace {

namespace asio = boost::asio;

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  while (seed == 0) {
    if (::getrandom(&seed, sizeof seed, 0) != sizeof seed)
      throw CommandError(exit_os, "no random numbers are available");
  }
  return seed;
}

/// Passes the runner's events on, and calls `maybe_done` when nothing may be left to do.
class EndNoticer final : public RunnerObserver {
 public:
  EndNoticer(std::unique_ptr<RunnerObserver> next, std::function<void()> maybe_done)
      : next_(std::move(next)), maybe_done_(std::move(maybe_done)) {}
  void try_began(const QueuedMessage& message,
                 const std::vector<QueuedRecipient>& recipients) override {
    next_->try_began(message, recipients);
  }
  void try_ended(const QueuedMessage& message, const QueuedRecipient& recipient,
                 const TryRecord& record, RecipientState state, Moment next) override {
    next_->try_ended(message, recipient, record, state, next);
    maybe_done_();
  }
  void postponed(const QueuedRecipient& recipient, Moment until) override {
    next_->postponed(recipient, until);
  }
  void connection(const HostTry& host) override { next_->connection(host); }
  void host_changed(const std::string& address, const HostRecord& record) override {
    next_->host_changed(address, record);
  }
  void notified(const QueuedMessage& about, MessageId notification, DsnAction action) override {
    next_->notified(about, notification, action);
  }
  void finished(const QueuedMessage& message) override { next_->finished(message); }
  void paused(const std::string& why) override { next_->paused(why); }
  void resumed() override { next_->resumed(); }

 private:
  std::unique_ptr<RunnerObserver> next_;
  std::function<void()> maybe_done_;
};

} // namespace

TestHooks& test_hooks() {
  static TestHooks hooks;
  return hooks;
}

struct Sending::Parts {
  Parts(Queue& given, SendingOptions options,
        const std::function<std::unique_ptr<RunnerObserver>(const Clock&)>& make_observer)
      : queue(given), stay(options.stay), policy(std::move(options.policy)),
        abandoned(std::move(options.abandoned)),
        clock(make_scaled_clock(context, clock_origin(given, options.time_scale))),
        observer(make_observer(*clock), [this] { check_later(); }),
        signals(context, SIGINT, SIGTERM) {
    complete_delivery_options(options.delivery, options.time_scale);
    DelivererOptions& deliverer_options = options.delivery.deliverer;
    deliverer_options.may_try = [this](const std::string& host) {
      return runner->hosts().acquire(host, clock->now());
    };
    deliverer_options.tried = [this](const std::string& host, Failure failure) {
      runner->hosts().record(host, failure, clock->now());
    };
    RunnerOptions runner_options;
    runner_options.settings = options.delivery.settings;
    runner_options.reporting_host =
        deliverer_options.helo_name.empty() ? own_name() : deliverer_options.helo_name;
    runner_options.seed = options.seed != 0 ? options.seed : random_seed();
    runner_options.max_parallel_tries = options.max_parallel_tries;
    runner_options.notifications = options.notifications;
    if (test_hooks().decide) runner_options.decide_failure = test_hooks().decide;
    // What is wrong with the files and addresses that were named is told as a wrong command line.
    const auto named = [](auto make) {
      try {
        return make();
      } catch (const boost::system::system_error& error) { // a port is taken
        throw CommandError(exit_os, error.what());
      } catch (const std::runtime_error& error) {
        throw CommandError(exit_usage, error.what());
      }
    };
    deliverer = named([&] { return make_smtp_deliverer(context, std::move(deliverer_options)); });
    if (test_hooks().wrap) wrapped = test_hooks().wrap(*deliverer);
    Deliverer& used = wrapped ? *wrapped : static_cast<Deliverer&>(*deliverer);
    runner =
        std::make_unique<Runner>(queue, *clock, used, policy, std::move(runner_options), &observer);
    if (options.watch) {
      watch = watch_folder(context, queue.folder(), [this] {
        look_again();
        // Whoever wrote may have been stopped before it could announce that.
        late_look.expires_after(std::chrono::seconds(1));
        late_look.async_wait([this](const boost::system::error_code& error) {
          if (!error) look_again();
        });
      });
    }
    time_of_day = watch_time_of_day(context, [this] {
      clock->follow(read_time_of_day());
      runner->wake();
    });
    if (!options.metrics.empty()) {
      metrics = named([&] {
        return serve_metrics(context, options.metrics, [this] {
          return stats_for_prometheus(overview(queue, clock->now()));
        });
      });
    }
  }

  void wait_for_signals() {
    signals.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      if (interrupted) { // the second time: what is under way is left in doubt
        if (abandoned) abandoned();
        std::_Exit(exit_temporary);
      }
      interrupted = true;
      wait_for_signals();
      runner->stop([this] { end(); });
    });
  }

  void look_again() {
    if (queue.changed_elsewhere()) runner->wake();
    check_later();
  }

  /// After the present event is over and the queue is settled.
  void check_later() {
    if (stay || check_pending) return;
    check_pending = true;
    asio::post(context, [this] {
      check_pending = false;
      if (!ended && runner->idle()) end();
    });
  }

  /// Lets everything go that keeps the event loop at work.
  void end() {
    if (std::exchange(ended, true)) return;
    signals.cancel();
    late_look.cancel();
    watch.reset();
    time_of_day.reset();
    metrics.reset();
    deliverer->close_idle();
  }

  Queue& queue;
  bool stay;
  Policy policy;
  std::function<void()> abandoned;
  asio::io_context context{1};
  std::unique_ptr<Clock> clock;
  EndNoticer observer;
  asio::signal_set signals;
  asio::steady_timer late_look{context};
  std::unique_ptr<SmtpDeliverer> deliverer;
  std::unique_ptr<Deliverer> wrapped;
  std::unique_ptr<Runner> runner;
  std::unique_ptr<FolderWatch> watch;
  std::unique_ptr<ClockWatch> time_of_day;
  std::unique_ptr<MetricsServer> metrics;
  bool interrupted = false;
  bool ended = false;
  bool check_pending = false;
};

Sending::Sending(Queue& queue, SendingOptions options,
                 const std::function<std::unique_ptr<RunnerObserver>(const Clock&)>& make_observer)
    : parts_(std::make_unique<Parts>(queue, std::move(options), make_observer)) {}

Sending::~Sending() = default;

bool Sending::run() {
  parts_->wait_for_signals();
  parts_->runner->start();
  parts_->check_later();
  parts_->context.run();
  return !parts_->interrupted;
}

std::uint16_t Sending::metrics_port() const {
  return parts_->metrics ? parts_->metrics->port() : std::uint16_t{0};
}

const Clock& Sending::clock() const {
  return *parts_->clock;
}

} // namespace tempfail::client
