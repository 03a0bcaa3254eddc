// Where a session as a whole stands, and which moves are legal.
#pragma once

#include <cstdint>

namespace tempfail::session {

enum class Phase : std::uint8_t {
  waiting, ///< for Session::start()
  talking,
  stalled, ///< a rule has it say and read nothing more
  ended,   ///< and its end is recorded
};

/// A session goes forward only, and ends once.
constexpr bool may_follow(Phase now, Phase next) {
  switch (now) {
  case Phase::waiting: return next == Phase::talking || next == Phase::ended;
  case Phase::talking: return next == Phase::stalled || next == Phase::ended;
  case Phase::stalled: return next == Phase::ended;
  case Phase::ended: return false;
  }
  return false;
}

} // namespace tempfail::session
