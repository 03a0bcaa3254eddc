// How long a run of `tempfail test` may take: by the last report, or by how it goes.
#pragma once

#include "cli/test_options.hpp"
#include "scenario/model.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tempfail::cli {

class Estimate {
 public:
  using Seconds = std::chrono::duration<double>; ///< real time

  /// Looks into the report directory for an earlier run of the same command, before that is written over.
  Estimate(const std::vector<scenario::ScenarioPtr>& scenarios, const TestOptions& options,
           const std::filesystem::path& report_directory, std::size_t jobs);

  /// A line for people, before anything runs.
  std::string at_start() const;
  void ended(const std::string& scenario);
  /// How long it still takes, `passed` after the start; nothing: too little is known.
  std::optional<Seconds> left(Seconds passed) const;

 private:
  std::size_t total_;
  std::size_t jobs_;
  std::string longest_; ///< what is said of the longest case
  std::map<std::string, double>
      before_;                ///< seconds of cases in the last report that have not ended
  double before_seconds_ = 0; ///< of all of them
  std::size_t ended_ = 0;
};

/// "40s", "3m", "1h 10m": about.
std::string approximate_text(Estimate::Seconds time);

} // namespace tempfail::cli
