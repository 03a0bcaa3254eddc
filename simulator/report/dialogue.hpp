// The dialogues of a journal, as people read them.
#pragma once

#include "journal/dialogue.hpp"
#include "journal/reader.hpp"

#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace tempfail::report {

/// The events of one session, in order.
using SessionEvents = std::vector<const journal::Event*>;
/// Session after session, in the order in which they began; only events that are `wanted`.
std::vector<SessionEvents> by_session(const journal::Journal& journal,
                                      const std::function<bool(const journal::Event&)>& wanted);

/// "session 3: disk-full"
std::string session_heading(const journal::Journal& journal, const journal::Event& event);

/// A line in its parts, so that each can have a colour of its own.
struct PrintedLine {
  std::string time; ///< protocol time, as wide as any of the first hour
  std::string text; ///< "-> EHLO a.test", fit to print
};
PrintedLine printed(const journal::DialogueLine& line);

/// All sessions, without colours.
void write_dialogue(const journal::Journal& journal, std::ostream& out);

} // namespace tempfail::report
