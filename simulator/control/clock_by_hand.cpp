// The journal has the move before what it sets off.
#include "control/clock_by_hand.hpp"

#include "journal/recorder.hpp"
#include "net/clock.hpp"
#include "net/server.hpp"

namespace tempfail::control {

void move_clock(net::ManualClock& clock, net::Server& server, journal::Recorder& journal,
                Duration by) {
  server.catch_up();
  journal.record({clock.now(), 0, 0, journal::event::Advance{by}});
  clock.advance(by);
  server.catch_up();
  journal.flush();
}

} // namespace tempfail::control
