// `stall` or `stall: 10m`: the server reads, and says nothing more; without a duration until the client gives up.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

#include <optional>

namespace tempfail::faults {

/// The client waits for a server that is there and silent.
struct Stall {
  std::optional<Duration> duration;

  static constexpr FaultKind kind = {
      .key = "stall",
      .form = WrittenForm::word_or_value,
      .sends = SentContent::nothing,
      .stages = scenario::all_stages,
  };
  static std::optional<Stall> read(const scenario::Value& value, scenario::Mistakes& mistakes);
  Consequence consequence() const {
    if (duration)
      return {.own_reply = OwnReply::follows, .connection = ConnectionEffect::decided_by_fault};
    return {.own_reply = OwnReply::replaced, .connection = ConnectionEffect::ended};
  }
  void perform(Output& output) const;
};

} // namespace tempfail::faults
