// How long a case is watched: in protocol time, and at least so long in real time.
#pragma once

#include "scenario/model.hpp"

#include <chrono>
#include <optional>

namespace tempfail::cli {

struct TestOptions;

/// A watch of protocol time is at least so long in real time: a queue needs a moment to begin.
inline constexpr std::chrono::milliseconds shortest_watch{1000};

/// The command is not ended earlier, in real time: it needs a moment to start on a busy machine, and a name server may
/// be silent.
std::chrono::milliseconds shortest_command(const scenario::Scenario& scenario);

/// How long the case is watched, in protocol time: a day where the message is to be delivered, for that decides
/// earlier. Where the scenario asks when the sender gives up, and the sender has said when it does, to the end of that.
Duration watch_time(const scenario::Scenario& scenario, const TestOptions& options,
                    double time_scale);

/// How long a queue is watched on once everything is settled; nothing: to the end of the watch.
std::optional<Duration> settle_time(const TestOptions& options);

} // namespace tempfail::cli
