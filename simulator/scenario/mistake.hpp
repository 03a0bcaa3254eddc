// A mistake in a scenario file, and where it stands.
#pragma once

#include <string>

namespace tempfail::scenario {

/// Where a thing stands in a file; line and column count from 1.
struct FileLocation {
  std::string file;
  int line = 0;
  int column = 0;
};

/// A mistake in a scenario file.
struct Mistake {
  FileLocation at;
  std::string what;    ///< "unknown key `on-`"
  std::string allowed; ///< "on, when, times, …"; empty when nothing helps

  /// "file:line:column: what; allowed: …"
  std::string to_string() const;
};

} // namespace tempfail::scenario
