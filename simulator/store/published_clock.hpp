// The clock of a run that is moved by hand: the store has its moment, and all servers of the run follow it.
#pragma once

#include "scenario/units.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace tempfail::store {

struct RunKeys;
class RedisLink;

/// Looks 50 times a second where the clock is, and says where this server's is. Everything on the io_context's one
/// thread.
class PublishedClock {
 public:
  /// Both outlive this.
  PublishedClock(boost::asio::io_context& context, RedisLink& link, const RunKeys& keys);
  ~PublishedClock();
  PublishedClock(const PublishedClock&) = delete;
  PublishedClock& operator=(const PublishedClock&) = delete;

  /// The run was joined: its clock is there.
  void begin(Moment moment);
  /// Where the clock was when this server moved its own, or joined.
  Moment moment() const;
  /// Called when the clock has been moved: moves this server's to that moment. Whoever joins begins at moment().
  void on_moved(std::function<void(Moment)> move);

  /// Moves the clock of all. `done` is called once, never from within this: with nothing once all servers that are
  /// alive have moved theirs, or else with why nobody knows that. They may move it later.
  void advance(Duration by, std::function<void(const std::string& problem)> done);

  /// The store is lost: whoever waits for its answer is told.
  void lost(const std::string& why);
  /// Nobody is called any more, nor are those who wait.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace tempfail::store
