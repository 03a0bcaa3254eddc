// Keeps the lines that a new file begins with.
#include "journal/head.hpp"

#include "journal/recorder.hpp"

#include <variant>

namespace tempfail::journal {

void JournalHead::note(const Event& event, std::uint64_t sequence) {
  if (std::holds_alternative<event::Run>(event.body)) {
    keep(runs_, event, sequence);
  } else if (std::holds_alternative<event::Server>(event.body)) {
    keep(servers_, event, sequence);
  } else if (std::holds_alternative<event::Listen>(event.body)) {
    keep(listens_, event, sequence);
  } else if (std::holds_alternative<event::Closed>(event.body)) {
    forget(servers_, event.server);
    forget(listens_, event.server);
  }
}

std::string JournalHead::lines(std::uint64_t last) const {
  std::string all;
  for (const auto& [sequence, line] : lines_)
    if (sequence <= last) all += line;
  return all;
}

void JournalHead::keep(std::map<std::uint32_t, std::uint64_t>& of_server, const Event& event,
                       std::uint64_t sequence) {
  forget(of_server, event.server);
  std::string line;
  encode(event, sequence, line);
  line.insert(1, "\"again\":true,"); // after the brace
  lines_.emplace(sequence, std::move(line));
  of_server.emplace(event.server, sequence);
}

void JournalHead::forget(std::map<std::uint32_t, std::uint64_t>& of_server, std::uint32_t server) {
  const auto found = of_server.find(server);
  if (found == of_server.end()) return;
  lines_.erase(found->second);
  of_server.erase(found);
}

} // namespace tempfail::journal
