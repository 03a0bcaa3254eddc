// All cases of a `tempfail test`: some side by side, until all have ended or the user has had enough.
#pragma once

#include "cli/expected_failures.hpp"
#include "cli/progress.hpp"
#include "cli/test_options.hpp"
#include "report/report.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tempfail::cli {

/// What came out of it.
struct TestOutcome {
  std::vector<report::CaseResult> cases; ///< those that ended, in the order of the catalogue
  bool claimed_success = false;          ///< a command ended well where a retry was due
  int signal = 0;                        ///< that ended the run; 0: none
};

TestOutcome run_cases(const std::vector<scenario::ScenarioPtr>& scenarios,
                      const TestOptions& options, const ExpectedFailures& expected_failures,
                      const std::filesystem::path& report_directory, Progress& progress);

} // namespace tempfail::cli
