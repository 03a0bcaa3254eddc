// What a case of `tempfail test` will do: its directory, its messages, the commands it runs.
#pragma once

#include "cli/handover.hpp"
#include "cli/placeholders.hpp"
#include "cli/test_options.hpp"
#include "scenario/model.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tempfail::cli {

/// One run of the command.
struct CommandRun {
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::vector<Handover> handovers; ///< what it is given to send; at least one
  HandoverSetting setting;
  HandoverFiles files;
};

/// "cases/disk-full", relative to the report's directory.
std::filesystem::path case_folder(const scenario::Scenario& scenario);
/// The recipients of a case: "recipient-1@disk-full.test" and so on.
std::vector<std::string> case_recipients(const scenario::Scenario& scenario);

/// The runs of the command in one case, with all that each is given. `directory` is the case's own. `port` is the
/// server's, as text.
std::vector<CommandRun> plan_runs(const scenario::Scenario& scenario, const TestOptions& options,
                                  const std::filesystem::path& directory, const std::string& host,
                                  const std::string& port, const std::string& ca);

} // namespace tempfail::cli
