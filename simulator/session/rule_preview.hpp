// What has to be known of a rule before it is carried out: its reply for the journal, and its first wait.
#pragma once

#include "session/effect.hpp"
#include "session/program.hpp"

#include <string_view>

namespace tempfail::session {

using faults::Placeholders;

/// What a rule says: all its replies together, and the first one's code.
struct RuleReply {
  int code = 0;          ///< 0: it says nothing that has one
  std::string_view wire; ///< the rule's own text, or kept in `texts`
};
RuleReply reply_of(const StageRule& rule, const Placeholders& placeholders, Texts& texts);

/// How long a rule waits before it does anything else: its first action's delay.
Duration leading_delay(const StageRule& rule, state::ServerState& state);

} // namespace tempfail::session
