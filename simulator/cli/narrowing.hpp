// Which of the scenarios that were asked for are run: by source, by what failed last time, by shard.
#pragma once

#include "report/report.hpp"
#include "scenario/model.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tempfail::cli {

/// What `test` was told about that. Each is applied to what the one before left, in this order.
struct Narrowing {
  std::vector<std::string> sources; ///< "RFC 5321 4.5.4.1"; empty: any
  bool last_failed = false; ///< those that were not ok in the report directory's last report
  std::string shard;        ///< "2/5"; empty: all
};

/// Adds --source, --last-failed and --shard.
void add_narrowing_options(CLI::App& parser, Narrowing& options);

/// The part of the scenarios that was asked for, which narrow() has found to be one.
report::Shard shard_of(const Narrowing& options);

/// Throws UsageError where what was asked for can't be meant, or leaves nothing.
std::vector<scenario::ScenarioPtr> narrow(std::vector<scenario::ScenarioPtr> scenarios,
                                          const Narrowing& options,
                                          const std::filesystem::path& report_directory);

} // namespace tempfail::cli
