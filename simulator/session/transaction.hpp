// One mail transaction, from MAIL to the reply to its content. It exists only while it lasts.
#pragma once

#include "session/program.hpp"
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
  std::string joined_recipients;       ///< sorted and joined by ' ', from data on
  std::uint64_t declared_size = 0;     ///< bytes; 0: not declared
  bool smtputf8 = false;
  bool eight_bit = false;

  // The common port: the scenario that the first recipient chose, and its state.
  ProgramPtr program; ///< null: the session's own
  state::ServerState* state = nullptr;

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
};

} // namespace tempfail::session
