// Whether a rule's condition holds, and whether the rule fires.
#pragma once

#include "session/prepared_scenario.hpp"
#include "state/server_state.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tempfail::session {

/// All that a rule can ask for, as it stands at this moment. The views live as long as the question.
struct RuleInput {
  scenario::Stage stage{};
  Moment now{};
  std::uint64_t connection = 0;
  std::string_view client; ///< address
  std::string_view helo;
  std::string_view verb; ///< the command's, empty where there is none
  bool tls = false;
  bool authenticated = false;
  std::uint64_t messages = 0; ///< accepted on this connection
  std::uint64_t commands = 0; ///< this one included
  /// Open connections, where the state has just counted this one in: a question now would count later ones, too.
  std::optional<state::Connections> open_connections;
  // The transaction, from MAIL on.
  bool has_sender = false;
  std::string_view sender;
  std::string_view recipient;              ///< the current one; empty but at rcpt
  std::span<const std::string> recipients; ///< accepted ones
  std::string_view envelope_recipients;    ///< sorted and joined; empty before data
  std::uint64_t declared_size = 0;
  bool smtputf8 = false;
  bool eight_bit = false;
  // The content, from its first byte on.
  std::uint64_t size = 0;
  std::uint64_t received_fields = 0;
  std::string_view headers; ///< from stage message on
  std::string_view content; ///< likewise, where the program keeps it
  std::string_view message; ///< Message-ID or hash, likewise
};

/// Whether all tests of `condition` hold. Asking may leave a trace (greylist).
bool holds(const scenario::Condition& condition, const RuleInput& rule_input,
           const scenario::Server& server, state::ServerState& state);

/// Whether `rule` fires now: its condition holds, and its trigger says yes.
bool fires(const StageRule& rule, const RuleInput& rule_input, const scenario::Server& server,
           state::ServerState& state);

} // namespace tempfail::session
