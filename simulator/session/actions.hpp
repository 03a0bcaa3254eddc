// Turns a rule's faults into effects.
#pragma once

#include "session/effect.hpp"
#include "session/program.hpp"
#include "session/rule_preview.hpp"

#include <string_view>

namespace tempfail::session {

/// What can be said of a rule before it fires.
StageRule describe(const scenario::Rule& rule);

/// What becomes of the connection after a rule's actions.
enum class Ending : std::uint8_t {
  none,
  close, ///< an orderly end
  reset,
  stalled, ///< nothing more is said or read
};

/// How a rule is carried out.
struct Performance {
  Ending ending = Ending::none;
  bool paused = false;      ///< no more input may be looked at before the effects are performed
  bool half_closed = false; ///< nothing more can be said
};

/// Adds the effects of `rule`'s actions, and of `fallback` behind them when the rule does not take its
/// place. `skip_first` leaves out the first action, which was done already. Close and Reset are not
/// added but returned, as the session has a last thing to record before them.
Performance perform(const StageRule& rule, std::string_view fallback,
                    const Placeholders& placeholders, state::ServerState& state, Effects& out,
                    bool skip_first = false);

} // namespace tempfail::session
