// Reads what stands behind `do`: actions, and lists of them.
#pragma once

#include "scenario/read_value.hpp"
#include "scenario/vocabulary.hpp"

#include <optional>
#include <vector>

namespace tempfail::scenario {

/// Actions and where each stands.
struct ReadActions {
  std::vector<Action> actions;
  std::vector<FilePosition> places;

  void add(std::optional<Action> action, FilePosition at);
};

/// What stands behind `do`: a word, a map of one action, or a list of these.
void read_actions(const Value& value, ReadActions& into, Mistakes& mistakes);

} // namespace tempfail::scenario
