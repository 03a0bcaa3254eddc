// An incoming queue that is stopped and started: by time, by load, or by the operator's hand. Pure.
#pragma once

#include "scenario/model.hpp"

#include <cstdint>
#include <optional>

namespace tempfail::state {

/// Where the switch stands.
struct QueueSwitch {
  std::optional<bool> set_by_operator; ///< stopped, or started: overrides windows and load
  std::uint64_t accepted = 0;          ///< messages since the last stop
  std::optional<Moment> stopped_at;    ///< by load
  bool operator==(const QueueSwitch&) const = default;
};

/// Whether no messages are taken at the moment.
bool is_stopped(const QueueSwitch& queue, const scenario::Queue& settings, Moment first_contact,
                Moment now);
/// The switch after a message was taken: each `stop_after`-th stops the queue.
QueueSwitch after_message(QueueSwitch queue, const scenario::Queue& settings, Moment now);

} // namespace tempfail::state
