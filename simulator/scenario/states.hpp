// The server's states that a rule can ask for: one row each, which the loader, its checks and the
// schema's test read. The session answers for them (session/conditions), in a switch without a default.
#pragma once

#include "scenario/condition.hpp"
#include "scenario/model.hpp"
#include "scenario/stage.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace tempfail::scenario {

/// A state: how it is asked for, and what the server needs for it.
struct State {
  StateField field;
  std::string_view key;   ///< in `when`
  std::string_view word;  ///< what stands after the key
  std::string_view block; ///< the key under `server`
  std::string_view part;  ///< which key of the block it needs; empty: the block as it is
  Stages stages;          ///< at which it can be asked for
  Operand free_amount; ///< what it leaves free, as a number can be compared with it; constant: none
  bool (*is_configured)(const Server& server); ///< the server has the block, and the part

  /// "spool", "mailboxes.quota"
  std::string needs() const {
    return std::string(block) + (part.empty() ? "" : ".") + std::string(part);
  }
};

inline constexpr Stages stages_from_rcpt = {Stage::rcpt, Stage::data, Stage::content,
                                            Stage::message};
inline constexpr Stages message_stage_alone = {Stage::message};

inline constexpr std::array states = {
    State{StateField::spool_full, "spool", "full", "spool", "", all_stages, Operand::spool_free,
          [](const Server& server) { return server.spool.has_value(); }},
    State{StateField::mailbox_full, "mailbox", "full", "mailboxes", "quota", stages_from_rcpt,
          Operand::mailbox_free,
          [](const Server& server) { return server.mailboxes && server.mailboxes->quota; }},
    State{StateField::mailbox_busy, "mailbox", "busy", "mailboxes", "busy", stages_from_rcpt,
          Operand::constant,
          [](const Server& server) { return server.mailboxes && server.mailboxes->busy; }},
    State{StateField::greylist_early, "greylist", "early", "greylist", "", stages_from_rcpt,
          Operand::constant, [](const Server& server) { return server.greylist.has_value(); }},
    State{StateField::queue_stopped, "queue", "stopped", "queue", "", all_stages, Operand::constant,
          [](const Server& server) { return server.queue.has_value(); }},
    State{StateField::scanner_down, "scanner", "down", "scanner", "", all_stages, Operand::constant,
          [](const Server& server) { return server.scanner.has_value(); }},
    State{StateField::rate_over, "rate", "over", "rate", "", all_stages, Operand::constant,
          [](const Server& server) { return server.rate.has_value(); }},
    State{StateField::charset_missing, "charset", "missing", "charsets", "", message_stage_alone,
          Operand::constant, [](const Server& server) { return server.charsets.has_value(); }},
};
constexpr bool has_a_row_for_each_state() {
  for (std::size_t i = 0; i < states.size(); ++i)
    if (states[i].field != static_cast<StateField>(i)) return false;
  return states.size() == static_cast<std::size_t>(StateField::last) + 1;
}
static_assert(has_a_row_for_each_state(), "a row for each state, in the order of the enum");

constexpr const State& state_of(StateField field) {
  return states[static_cast<std::size_t>(field)];
}

/// One column of the table, each name once, in its order: `names_in<&State::key>()`.
template <std::string_view State::*Column>
constexpr auto names_in() {
  constexpr auto is_first = [](std::size_t row) {
    for (std::size_t i = 0; i < row; ++i)
      if (states[i].*Column == states[row].*Column) return false;
    return true;
  };
  constexpr std::size_t count = [is_first] {
    std::size_t firsts = 0;
    for (std::size_t row = 0; row < states.size(); ++row)
      if (is_first(row)) ++firsts;
    return firsts;
  }();
  std::array<std::string_view, count> names;
  std::size_t next = 0;
  for (std::size_t row = 0; row < states.size(); ++row)
    if (is_first(row)) names[next++] = states[row].*Column;
  return names;
}

} // namespace tempfail::scenario
