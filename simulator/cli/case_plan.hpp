// What a case of `tempfail test` will do: its directory, its messages, the commands it runs.
#pragma once

#include "cli/handover.hpp"
#include "cli/placeholders.hpp"
#include "cli/test_options.hpp"
#include "scenario/model.hpp"

#include <filesystem>
#include <string>
#include <string_view>
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

/// Where the folders of all cases are, relative to the report's directory.
inline constexpr std::string_view cases_folder = "cases";
/// "cases/disk-full", relative to the report's directory.
std::filesystem::path case_folder(const scenario::Scenario& scenario);
/// Where the sender finds the case's server, as texts.
struct CaseServerAddress {
  std::string host;
  std::string port;
  std::string ca;  ///< file of the certificate authority; empty: no TLS
  std::string dns; ///< the name server, "127.0.0.1:5300"; empty: there is none
};

/// The runs of the command in one case, with all that each is given. `directory` is the case's own.
std::vector<CommandRun> plan_runs(const scenario::Scenario& scenario, const TestOptions& options,
                                  const std::filesystem::path& directory,
                                  const CaseServerAddress& place);

/// Whether the name server of a scenario is silent at times.
bool has_silent_names(const scenario::Scenario& scenario);

} // namespace tempfail::cli
