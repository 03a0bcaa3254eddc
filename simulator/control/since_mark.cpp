// Which lines stay, by their events.
#include "control/since_mark.hpp"

#include <unordered_set>
#include <variant>

namespace tempfail::control {

namespace {

using scenario::Stage;

/// How a session came to where a message can be sent on it.
bool is_beginning(const journal::Event& event) {
  if (std::holds_alternative<journal::event::Connect>(event.body) ||
      std::holds_alternative<journal::event::Tls>(event.body))
    return true;
  const auto* exchange = std::get_if<journal::event::Exchange>(&event.body);
  if (exchange == nullptr) return false;
  switch (exchange->stage) {
  case Stage::connect:
  case Stage::greeting:
  case Stage::ehlo:
  case Stage::starttls:
  case Stage::handshake:
  case Stage::auth: return true;
  default: return false;
  }
}

bool is_setting(const journal::Event& event) {
  return std::holds_alternative<journal::event::Run>(event.body) ||
         std::holds_alternative<journal::event::Server>(event.body) ||
         std::holds_alternative<journal::event::Listen>(event.body);
}

} // namespace

std::string lines_since(std::string_view text, const journal::Journal& journal,
                        std::uint64_t position) {
  std::unordered_set<std::uint64_t> ended; // sessions
  for (const journal::Event& event : journal.events())
    if (event.sequence <= position &&
        std::holds_alternative<journal::event::Disconnect>(event.body))
      ended.insert(event.session);
  std::unordered_set<std::uint64_t> stay; // events before the position
  for (const journal::Event& event : journal.events()) {
    if (event.sequence > position) break;
    const bool goes_on = event.session != 0 && !ended.contains(event.session);
    if (is_setting(event) || (goes_on && is_beginning(event))) stay.insert(event.sequence);
  }
  std::string lines;
  std::uint64_t sequence = 0; // a memory journal has each event in its place
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::size_t size = end == std::string_view::npos ? text.size() : end + 1;
    ++sequence;
    if (sequence > position || stay.contains(sequence)) lines += text.substr(0, size);
    text.remove_prefix(size);
  }
  return lines;
}

} // namespace tempfail::control
