// An incoming queue that is stopped and started: by time, by load, or by the operator's hand.
#pragma once

#include "scenario/model.hpp"

#include <cstdint>
#include <optional>

namespace tempfail::state {

/// Whether messages are taken at the moment.
class Queue {
 public:
  explicit Queue(const scenario::Queue& settings) : settings_(settings) {}

  bool stopped(Moment first_contact, Moment now) const;
  /// A message was taken; each `stop_after`-th stops the queue.
  void accepted(Moment now);
  /// By hand: overrides windows and load from here on.
  void stop() { by_hand_ = true; }
  void start() { by_hand_ = false; }

 private:
  scenario::Queue settings_;
  std::optional<bool> by_hand_;      ///< stopped, or started
  std::uint64_t accepted_ = 0;       ///< since the last stop
  std::optional<Moment> stopped_at_; ///< by load
};

} // namespace tempfail::state
