// The file of --expected-failures: what is known to go wrong, so that it does not fail a run.
#pragma once

#include "scenario/loader.hpp"
#include "verdict/expected_answer.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tempfail::cli {

class ExpectedFailures {
 public:
  /// Reads `NAME[:RULE] [not-met|undecided]  # reason`, one a line; NAME may be a family or a pattern.
  /// What can't be meant is a UsageError
  /// that names the line and what is allowed. No file name: nothing is expected.
  static ExpectedFailures read(const std::string& file, const scenario::Catalogue& catalogue);

  /// The lines that name this scenario.
  std::vector<verdict::ExpectedAnswer> of(std::string_view scenario) const;

 private:
  std::vector<verdict::ExpectedAnswer> lines_;
};

} // namespace tempfail::cli
