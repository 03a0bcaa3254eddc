// Reads codes.yaml, the data of `tempfail explain`.
#pragma once

#include "explain/explain.hpp"
#include "scenario/mistakes.hpp"

#include <string_view>
#include <vector>

namespace tempfail::explain {

/// What the file holds.
struct Codes {
  std::vector<Entry> entries; ///< a status each, in the order of the file
  std::vector<Entry> classes; ///< 2.x.x, 4.x.x, 5.x.x
};

/// Reads such a file; what is wrong with it is noted in `mistakes`, and left out.
Codes read_codes(std::string_view text, scenario::Mistakes& mistakes);

/// codes.yaml as it was at build time.
std::string_view embedded_codes();

} // namespace tempfail::explain
