// The table of a session's moves.
#include "session/phase.hpp"

#include "support/catch.hpp"

#include <array>

using namespace tempfail::session;

namespace {

constexpr std::array phases = {Phase::waiting, Phase::talking, Phase::stalled, Phase::ended};

} // namespace

TEST_CASE("phase: a session goes forward only, and ends once") {
  for (const Phase now : phases) {
    for (const Phase next : phases) {
      INFO(static_cast<int>(now) << " to " << static_cast<int>(next));
      const bool forward = static_cast<int>(next) > static_cast<int>(now);
      // Nothing stalls that has not begun.
      const bool stalls_early = now == Phase::waiting && next == Phase::stalled;
      CHECK(may_follow(now, next) == (forward && !stalls_early));
    }
  }
}
