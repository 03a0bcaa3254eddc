// Reads what stands behind `when`.
#pragma once

#include "scenario/read_value.hpp"
#include "scenario/vocabulary.hpp"

#include <vector>

namespace tempfail::scenario {

/// A condition and where each of its tests stands.
struct ReadCondition {
  Condition tests;
  std::vector<FilePosition> places;

  void add(Test test, FilePosition at);
};

void read_condition(const Value& value, ReadCondition& into, Mistakes& mistakes);

} // namespace tempfail::scenario
