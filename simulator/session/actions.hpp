// The one place that turns a rule's actions into effects.
#pragma once

#include "session/effect.hpp"
#include "session/program.hpp"

#include <string>
#include <string_view>

namespace tempfail::session {

/// What can be said of a rule before it fires.
StageRule describe(const scenario::Rule& rule);

/// What the placeholders of a reply stand for.
struct Placeholders {
  std::string_view recipient;
  std::string_view sender;
  std::string_view client;
  std::string_view helo;
  std::string_view hostname;
  std::uint64_t size = 0;
};

/// What a rule says: all its replies together, and the first one's code.
struct RuleReply {
  int code = 0;          ///< 0: it says nothing that has one
  std::string_view wire; ///< the rule's own text, or kept in `texts`
};
RuleReply reply_of(const StageRule& rule, const Placeholders& placeholders, Texts& texts);

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

/// How long a rule waits before it does anything else: its first action's delay.
Duration leading_delay(const StageRule& rule, state::ServerState& state);

} // namespace tempfail::session
