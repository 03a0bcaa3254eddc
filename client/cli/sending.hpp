// Everything that delivering from a queue takes, put together: event loop, clock, deliverer, runner, signals.
#pragma once

#include "client/cli/delivery_options.hpp"
#include "client/policy/policy.hpp"
#include "client/queue/queue.hpp"
#include "client/runner/runner.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace tempfail::client {

/// What it is made from.
struct SendingOptions {
  DeliveryOptions delivery{};
  Policy policy{};
  double time_scale = 1;
  std::uint64_t seed = 0; ///< 0: another one each time
  std::size_t max_parallel_tries = 100;
  bool notifications = true;
  bool stay = false;     ///< go on waiting for new mail when the queue is empty
  bool watch = false;    ///< other processes put mail into the queue
  std::string metrics{}; ///< where serve_metrics() serves; empty: nowhere
  /// Called when a second signal ends the program at once, whatever is under way.
  std::function<void()> abandoned{};
};

/// Delivers until the queue is empty, or until it is told to stop.
class Sending {
 public:
  /// The observer is made for the clock that the sending has. Throws CommandError and std::runtime_error.
  Sending(Queue& queue, SendingOptions options,
          const std::function<std::unique_ptr<RunnerObserver>(const Clock&)>& make_observer);
  ~Sending();

  /// False if SIGINT or SIGTERM came before the queue was empty.
  bool run();
  std::uint16_t metrics_port() const;
  const Clock& clock() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Lets tests replace correct behaviour by wrong behaviour. Empty in the program.
struct TestHooks {
  RunnerOptions::Decide decide{};
  std::function<std::unique_ptr<Deliverer>(Deliverer& real)> wrap{};
};
TestHooks& test_hooks();

} // namespace tempfail::client
