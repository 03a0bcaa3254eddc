// One mail transaction, from MAIL to the reply to its content. It exists only while it lasts.
#pragma once

#include "session/prepared_scenario.hpp"
#include "state/server_state.hpp"
#include "wire/data_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::session {

struct Transaction {
  std::string sender;                  ///< reverse-path; empty for <>
  std::vector<std::string> recipients; ///< accepted ones
  std::string_view current_recipient;  ///< while RCPT is judged
  bool has_envelope = false;           ///< no more recipients come
  std::string joined_recipients;       ///< sorted and joined by ' ', where there are several
  std::uint64_t declared_size = 0;     ///< bytes; 0: not declared
  bool smtputf8 = false;
  bool eight_bit = false;

  // The shared port: the scenario that the first recipient chose, and its state.
  PreparedScenarioPtr prepared; ///< null: the session's own
  state::ServerState* state = nullptr;
  AnswerCounts* answer_counts = nullptr; ///< of that choice
  bool is_tallied = false;               ///< the message was counted

  // The content.
  std::optional<wire::DataReader> reader;
  std::size_t next_content_rule = 0;
  bool replied_early = false; ///< a rule has answered while the content arrived
  std::string message_key;    ///< Message-ID or hash, once the content is there

  // BDAT.
  std::uint64_t chunk_size = 0; ///< bytes, of the current chunk
  std::uint64_t chunk_left = 0; ///< bytes of the current chunk still to come
  bool chunk_last = false;
  bool chunk_answered = false; ///< the current chunk's reply was already given
  const StageRule* last_chunk_rule =
      nullptr; ///< of stage data: answers the last chunk when it is there

  /// All recipients, sorted and joined by ' '; empty until no more can come.
  std::string_view envelope() const {
    if (!has_envelope) return {};
    return recipients.size() == 1 ? std::string_view(recipients.front()) : joined_recipients;
  }
};

} // namespace tempfail::session
