// `stop-reading` or `stop-reading: 10m`: the receive window closes.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

#include <optional>

namespace tempfail::faults {

/// The client can send until the buffers are full, and then no more.
struct StopReading {
  std::optional<Duration> duration;

  static constexpr FaultKind kind = {
      .key = "stop-reading",
      .form = WrittenForm::word_or_value,
      .sends = SentContent::nothing,
      .stages = scenario::all_stages,
  };
  static std::optional<StopReading> read(const scenario::Value& value,
                                         scenario::Mistakes& mistakes);
  static constexpr Consequence consequence() {
    return {.own_reply = OwnReply::follows, .connection = ConnectionEffect::decided_by_fault};
  }
  void perform(Output& output) const { output.stop_reading(duration); }
};

} // namespace tempfail::faults
