// A session as people read it: who said what, line by line.
#pragma once

#include "journal/event.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::journal {

/// Who says a line of a dialogue.
enum class Speaker : std::uint8_t {
  client,
  server,
  note, ///< nobody: what happened to the connection
};

/// A line of a dialogue. Its text is as it went on the wire, without the line's end: not fit for a terminal as it is.
struct DialogueLine {
  Moment time{}; ///< protocol time
  Speaker by = Speaker::note;
  std::string text;
};

/// Words with blanks between, as people read them: "delay, reset".
std::string with_commas(std::string_view words);

/// What an event adds to the dialogue of its session, in order. The second reply to an exchange is an event of its own,
/// and the first as well where it was held back: an exchange that a reader completed is not told twice.
std::vector<DialogueLine> dialogue_lines(const Event& event);

} // namespace tempfail::journal
