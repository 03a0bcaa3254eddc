// Reads what a rule does: actions by themselves, and lists of them.
#pragma once

#include "scenario/read_value.hpp"

#include <optional>
#include <vector>

namespace tempfail::scenario {

/// Actions and where each stands.
struct ReadActions {
  std::vector<Action> actions;
  std::vector<Place> places;

  void add(std::optional<Action> action, Place at);
};

/// An action with something behind it: `reply: 452 …`.
std::optional<Action> read_action(std::string_view key, const Value& value, Mistakes& mistakes);
/// What stands behind `do`: a word, a map of one action, or a list of these.
void read_actions(const Value& value, ReadActions& into, Mistakes& mistakes);

} // namespace tempfail::scenario
