// Puts the lines of each session together, whatever came between them.
#include "report/dialogue.hpp"

#include "report/parts.hpp"

#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace tempfail::report {

namespace {
constexpr std::size_t time_width = 12;
} // namespace

std::vector<SessionEvents> by_session(const journal::Journal& journal,
                                      const std::function<bool(const journal::Event&)>& wanted) {
  std::vector<SessionEvents> sessions;
  std::map<std::uint64_t, std::size_t> places;
  for (const journal::Event& event : journal.events()) {
    if (event.session == 0 || !wanted(event)) continue;
    const auto [place, is_new] = places.try_emplace(event.session_key(), sessions.size());
    if (is_new) sessions.emplace_back();
    sessions[place->second].push_back(&event);
  }
  return sessions;
}

std::string session_heading(const journal::Journal& journal, const journal::Event& event) {
  std::string text = "session " + std::to_string(event.session);
  if (const std::string_view name = journal.scenario_of(event); !name.empty())
    text.append(": ").append(printable(name));
  return text;
}

PrintedLine printed(const journal::DialogueLine& line) {
  constexpr std::array<std::string_view, 3> signs = {"-> ", "<- ", "   "};
  std::string time = clock_time(line.time);
  time.insert(0, time.size() < time_width ? time_width - time.size() : 0, ' ');
  return {std::move(time),
          std::string(signs[static_cast<std::size_t>(line.by)]) + printable(line.text)};
}

void write_dialogue(const journal::Journal& journal, std::ostream& out) {
  bool is_first = true;
  for (const SessionEvents& events : by_session(journal, [](const auto&) { return true; })) {
    out << (std::exchange(is_first, false) ? "" : "\n") << session_heading(journal, *events.front())
        << '\n';
    for (const journal::Event* event : events)
      for (const journal::DialogueLine& line : journal::dialogue_lines(*event)) {
        const PrintedLine parts = printed(line);
        out << parts.time << "  " << parts.text << '\n';
      }
  }
}

} // namespace tempfail::report
