// Names and spellings of what the queue keeps.
#include "client/queue/records.hpp"

#include <array>
#include <charconv>

namespace tempfail::client {
namespace {

constexpr std::array<std::string_view, 7> state_names{"waiting",   "trying", "committing", "held",
                                                      "delivered", "failed", "removed"};

} // namespace

std::string_view name(RecipientState state) {
  return state_names.at(static_cast<std::size_t>(state));
}

std::optional<RecipientState> recipient_state_from_name(std::string_view name) {
  for (std::size_t i = 0; i < state_names.size(); ++i) {
    if (state_names.at(i) == name) return static_cast<RecipientState>(i);
  }
  return std::nullopt;
}

bool settled(RecipientState state) {
  return state == RecipientState::delivered || state == RecipientState::failed ||
         state == RecipientState::removed;
}

std::string rule_tries_text(const std::map<std::string, unsigned>& tries) {
  std::string text;
  for (const auto& [rule, count] : tries) {
    if (!text.empty()) text += '\n';
    text.append(rule).append("=").append(std::to_string(count));
  }
  return text;
}

std::map<std::string, unsigned> parse_rule_tries(std::string_view text) {
  std::map<std::string, unsigned> tries;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto equals = line.rfind('=');
    if (equals == std::string_view::npos) continue;
    unsigned count = 0;
    std::from_chars(line.data() + equals + 1, line.data() + line.size(), count);
    tries.emplace(line.substr(0, equals), count);
  }
  return tries;
}

} // namespace tempfail::client
