// Where a connection stands, and which moves are legal.
#pragma once

#include <cstdint>

namespace tempfail::net {

enum class ConnectionState : std::uint8_t {
  running,
  awaiting_hello, ///< the client's first TLS record, before anything else is done
  handshaking,    ///< TLS
  stalled,        ///< nothing more is said, and no input is looked at
  draining,       ///< our FIN is sent, the client's awaited
  closed,
};

/// When the program stops, a connection moves to `running` before it says 421.
constexpr bool may_follow(ConnectionState now, ConnectionState next) {
  using enum ConnectionState;
  switch (now) {
  case running: return next != running;
  case awaiting_hello: return next == running || next == handshaking || next == closed;
  case handshaking: return next == running || next == closed;
  case stalled: return next == running || next == closed;
  case draining: return next == closed;
  case closed: return false;
  }
  return false;
}

} // namespace tempfail::net
