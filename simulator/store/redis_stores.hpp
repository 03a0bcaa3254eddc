// States of all scenarios in a Redis server, which several servers of a run share.
#pragma once

#include "state/stores.hpp"
#include "store/address.hpp"
#include "store/run.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace tempfail::store {

/// What a server says when it joins a run.
struct RunSettings {
  std::string name;       ///< servers of the same name are one run
  double time_scale = 1;  ///< all have the same; 0: the clock is moved by hand
  std::uint64_t seed = 0; ///< likewise
  /// How long this server counts as alive when it says nothing (REAL time). It says something three times as often.
  std::chrono::milliseconds lease = node_lease;
};

class PublishedClock;
class StreamRecorder;

/// The store is lost, or found again.
struct StoreChange {
  bool lost = false;
  std::string why; ///< it is lost; empty: it is found
  /// It is lost: when it was asked what it did not answer any more.
  std::chrono::steady_clock::time_point since{};
  bool restarted = false; ///< it is found, and was restarted: it may have forgotten what it knew
};

class RedisStores final : public state::Stores {
 public:
  /// Runs `context` until the store is found and the run is joined. Throws std::runtime_error: it can't be reached
  /// within longest_wait, or the run has another scale or seed.
  RedisStores(boost::asio::io_context& context, const Address& address,
              const RunSettings& settings);
  ~RedisStores() override;

  /// Throws std::invalid_argument as RedisStore does.
  std::unique_ptr<state::Store> open(scenario::ScenarioPtr scenario, std::string_view key) override;
  std::unique_ptr<state::SuspendableCall> make_call() override;

  /// The run's clock, when it runs by itself.
  const RunClock& clock() const;
  /// The run's clock, when it is moved by hand.
  PublishedClock& published_clock();

  /// The journal of this server in the stream of the run; asked for once. Its events are there after their flush, as
  /// its receipts say. `now`: protocol time.
  StreamRecorder& journal(std::function<Moment()> now);

  /// Called each time; once it is found, before it has answered anything else.
  void on_change(std::function<void(const StoreChange&)> callback);

  /// Gives back what this server holds, and ends the connection; then `done` is called, never from within this.
  void leave(std::function<void()> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace tempfail::store
