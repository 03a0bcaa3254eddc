// The table of a connection's moves.
#include "net/connection_state.hpp"

#include "support/catch.hpp"

#include <array>

using namespace tempfail::net;

namespace {

using State = ConnectionState;
constexpr std::array states = {State::running, State::awaiting_hello, State::handshaking,
                               State::stalled, State::draining,       State::closed};

} // namespace

TEST_CASE("connection state: it can be closed from everywhere, once, and never stays where it is") {
  for (const State now : states) {
    INFO(static_cast<int>(now));
    CHECK(may_follow(now, State::closed) == (now != State::closed));
    CHECK_FALSE(may_follow(now, now));
    CHECK_FALSE(may_follow(State::closed, now));
    CHECK(may_follow(State::draining, now) == (now == State::closed));
  }
}

TEST_CASE("connection state: only a running connection stalls, drains or awaits TLS") {
  for (const State now : states) {
    INFO(static_cast<int>(now));
    CHECK(may_follow(now, State::stalled) == (now == State::running));
    CHECK(may_follow(now, State::draining) == (now == State::running));
    CHECK(may_follow(now, State::awaiting_hello) == (now == State::running));
    CHECK(may_follow(now, State::handshaking) ==
          (now == State::running || now == State::awaiting_hello));
  }
}
