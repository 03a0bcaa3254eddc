// Actions, as words and as maps of one key. What a key's value means the fault itself knows.
#include "scenario/read_action.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::scenario {
namespace {

/// An action that stands alone as a word.
std::optional<Action> read_action_word(const Value& value, Mistakes& mistakes) {
  if (value.is_scalar() &&
      std::find(action_keys.begin(), action_keys.end(), value.text) != action_keys.end() &&
      std::find(action_words.begin(), action_words.end(), value.text) == action_words.end()) {
    mistakes.add(value.at, "`" + value.text + "` needs a value", "`" + value.text + ": …`");
    return std::nullopt;
  }
  const auto index = read_word(value, action_words, "action", mistakes);
  if (!index) return std::nullopt;
  return faults::from_word(action_words[*index]);
}

} // namespace

void ReadActions::add(std::optional<Action> action, FilePosition at) {
  if (!action) return;
  actions.push_back(std::move(*action));
  places.push_back(at);
}

void read_actions(const Value& value, ReadActions& into, Mistakes& mistakes) {
  for_one_or_many(value, "action", mistakes, [&](const Value& item) {
    if (!item.is_map()) return into.add(read_action_word(item, mistakes), item.at);
    const Map map(item, map_kind("action"), mistakes);
    if (item.members.size() != 1)
      mistakes.add(item.at, "one action for each entry", "a list of actions");
    for (const std::string_view key : action_keys)
      if (const Member* const member = map.find_member(key))
        into.add(faults::read(key, member->value, mistakes), member->at);
  });
}

} // namespace tempfail::scenario
