// Reads one rule: stages, condition, trigger, actions.
#pragma once

#include "scenario/read_action.hpp"
#include "scenario/read_condition.hpp"

#include <vector>

namespace tempfail::scenario {

/// A rule and the places that messages about it point to.
struct ReadRule {
  Rule rule;
  FilePosition at;
  std::vector<FilePosition> condition_places; ///< beside rule.when
  std::vector<FilePosition> action_places;    ///< beside rule.actions
  /// All that was written could be read: only then it is held against the others.
  bool complete = false;
};

ReadRule read_rule(const Value& value, Mistakes& mistakes);

} // namespace tempfail::scenario
