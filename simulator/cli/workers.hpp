// `serve --workers`: one process starts the others, passes signals on, and sums up.
#pragma once

#include "cli/command.hpp"
#include "cli/serve_options.hpp"
#include "cli/worker.hpp"

#include <functional>

namespace tempfail::cli {

/// UsageError: what else was asked for can't be done by several processes.
void check_workers(const ServeOptions& options);

/// Leaves out, and the first worker says so on `err`, what several processes can't serve as one. UsageError when
/// nothing is left.
std::vector<scenario::ScenarioPtr>
scenarios_for_workers(std::vector<scenario::ScenarioPtr> scenarios, const Worker& worker,
                      StandardStream& err);

/// Serves as one worker, in a process of its own; returns its exit code.
using ServeAsWorker = std::function<int(const ServeOptions& options, const Worker& worker)>;

/// Returns in each process: in the first one when all others have ended. If one of them ends unasked, or the store
/// that was started for them does, all are stopped, and the exit code says so.
int serve_by_workers(const ServeOptions& options, Invocation& invocation,
                     const ServeAsWorker& serve);

} // namespace tempfail::cli
