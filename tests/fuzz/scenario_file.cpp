// Fuzzes the reader of scenario files. Invariants:
// - It ends without an exception, whatever the bytes.
// - There is a scenario, or a mistake; never both, never neither.
// - Every mistake says what is wrong, at a place that the file has.
#include "fuzz/targets.hpp"

#include "scenario/loader.hpp"

#include <algorithm>

namespace tempfail::fuzz {

void fuzz_scenario_file(std::string_view input) {
  const scenario::LoadResult result = scenario::load_scenario(input, "fuzz/input.yaml");
  require((result.scenario == nullptr) == !result.mistakes.empty(),
          "scenario: it is read, or refused");
  const auto lines = std::count(input.begin(), input.end(), '\n') +
                     std::count(input.begin(), input.end(), '\r') + 1;
  for (const scenario::Mistake& mistake : result.mistakes) {
    require(!mistake.what.empty(), "scenario: a mistake says what is wrong");
    require(mistake.at.line >= 0 && mistake.at.line <= lines + 1,
            "scenario: a mistake has a place in the file");
    require(mistake.at.column >= 0, "scenario: a column counts from 1");
  }
}

} // namespace tempfail::fuzz
