// A server's clock that is moved by hand, by itself or with those of others.
#pragma once

#include "scenario/units.hpp"

#include <functional>
#include <string>

namespace tempfail::journal {
class Recorder;
}
namespace tempfail::net {
class ManualClock;
class Server;
} // namespace tempfail::net

namespace tempfail::control {

/// Moves the clock of a server, and its journal says so. What clients have sent before is handled first; what the move
/// sets off has been sent when this returns.
void move_clock(net::ManualClock& clock, net::Server& server, journal::Recorder& journal,
                Duration by);

/// A clock that several servers share.
class SharedClock {
 public:
  virtual ~SharedClock() = default;
  /// Moves it for all. `done` is called once, from the loop: with nothing when all have moved, or else with why nobody
  /// knows that.
  virtual void advance(Duration by, std::function<void(const std::string& problem)> done) = 0;
};

} // namespace tempfail::control
