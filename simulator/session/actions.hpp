// The one place that turns a rule's actions into effects.
#pragma once

#include "faults/reply_placeholders.hpp"
#include "session/effect.hpp"
#include "session/prepared_scenario.hpp"
#include "session/reply_writer.hpp"

namespace tempfail::session {

using faults::ReplyPlaceholderValues;

/// What can be said of a rule before it fires.
StageRule stage_rule_of(const scenario::Rule& rule);

/// What becomes of the connection after a rule's actions.
enum class Ending : std::uint8_t {
  none,
  close, ///< an orderly end
  reset,
  stalled, ///< nothing more is said or read
};

/// How a rule is carried out.
struct ActionResult {
  Ending ending = Ending::none;
  bool paused = false;      ///< no more input may be looked at before the effects are performed
  bool half_closed = false; ///< nothing more can be said
};

/// Adds the effects of `rule`'s actions, and then those of `fallback` unless the rule replaces it. Close and Reset are
/// returned instead of added, because the session has to record its end before them.
ActionResult perform(const StageRule& rule, ServerReply fallback,
                     const ReplyPlaceholderValues& placeholder_values, state::ServerState& state,
                     ReplyWriter& writer);

} // namespace tempfail::session
