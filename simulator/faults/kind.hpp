// What a fault says of itself: how it is written, where it has a meaning, what becomes of the reply and of the
// connection. Fields without a default have to be given: a fault that leaves one out does not compile.
#pragma once

#include "scenario/map_kind.hpp"
#include "scenario/stage.hpp"

#include <cstdint>
#include <string_view>

namespace tempfail::scenario {
struct Value;
class Mistakes;
} // namespace tempfail::scenario

namespace tempfail::faults {

using scenario::Stage;
using scenario::Stages;

/// How a fault is written in a scenario file.
enum class WrittenForm : std::uint8_t {
  word,          ///< `close`
  value,         ///< `delay: 30s`
  word_or_value, ///< `stall`, `stall: 10m`
};
constexpr bool stands_alone(WrittenForm form) {
  return form != WrittenForm::value;
}
constexpr bool takes_value(WrittenForm form) {
  return form != WrittenForm::word;
}

/// What a fault says to the client.
enum class SentContent : std::uint8_t {
  nothing,
  bytes, ///< anything at all
  reply, ///< the reply to the command: there is one, and journals have it in full instead of the fault's key
};

/// What all faults of a kind have in common.
struct FaultKind {
  std::string_view key; ///< in scenario files and journals
  WrittenForm form;
  SentContent sends;
  Stages stages;                           ///< at which it has a meaning
  std::string_view why_not_elsewhere = {}; ///< why not at others: "there is no handshake"
  std::string_view alternative = {};       ///< what to write there; empty: the stages
  bool changes_reply = false; ///< it only changes replies that come after it in the rule
  const scenario::MapKind* map = nullptr; ///< when its value is a map of its own
};

/// Whether the server's own reply still follows.
enum class OwnReply : std::uint8_t { follows, replaced };

/// What becomes of the connection.
enum class ConnectionEffect : std::uint8_t {
  continues,        ///< and closes after a 421, as RFC 5321 section 3.8 has it
  decided_by_fault, ///< the fault has decided it: nothing closes because of a 421
  ended,            ///< nothing of the rule happens after this fault
};

/// What one fault, with its value, leads to.
struct Consequence {
  OwnReply own_reply;
  ConnectionEffect connection;
  int code = 0;         ///< of the reply that it says; 0: none
  bool accepts = false; ///< a message counts as accepted whatever the reply says
};

} // namespace tempfail::faults
