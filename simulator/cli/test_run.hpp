// All cases of a `tempfail test`: some side by side, until all have ended or the user has had enough.
#pragma once

#include "cli/expected_failures.hpp"
#include "cli/progress.hpp"
#include "cli/test_options.hpp"
#include "report/report.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tempfail::cli {

/// What the first case shows where no sender came.
struct FirstCase {
  std::string command;     ///< with everything filled in
  std::string output_file; ///< of the command, relative to the report
};

/// What came out of it.
struct TestOutcome {
  std::vector<report::CaseResult> cases; ///< those that ended, in the order of the catalogue
  bool claimed_success = false;          ///< a command ended well where a retry was due
  int signal = 0;                        ///< that ended the run; 0: none
  /// The first case saw no connection, and the others were not begun.
  std::optional<FirstCase> sender_never_connected;
};

/// How many cases run side by side.
std::size_t jobs_of(const TestOptions& options);

TestOutcome run_cases(const std::vector<scenario::ScenarioPtr>& scenarios,
                      const TestOptions& options, const ExpectedFailures& expected_failures,
                      const std::filesystem::path& report_directory, Progress& progress);

} // namespace tempfail::cli
