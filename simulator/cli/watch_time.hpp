// How long `tempfail test` watches a case.
#pragma once

#include "cli/test_options.hpp"
#include "scenario/model.hpp"

#include <chrono>
#include <optional>

namespace tempfail::cli {

/// The least real time that a queue is watched: it needs a moment to begin.
inline constexpr std::chrono::milliseconds shortest_watch{1000};
/// The least real time that a command may take: it needs a moment to start on a busy machine, and to look up names
/// of which the name server says nothing.
std::chrono::milliseconds shortest_command_time(const scenario::Scenario& scenario);

/// How long the case is watched, in protocol time: a day where the message is to be delivered, for that decides
/// earlier. Where the scenario asks when the sender gives up, and the sender has said when it does, to the end of that.
Duration watch_time(const scenario::Scenario& scenario, const TestOptions& options);
/// How long a queue is watched on once everything is settled, in protocol time; nothing: to the end of the watch.
std::optional<Duration> settle_time(const TestOptions& options);

} // namespace tempfail::cli
