// `reset`: RST.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

namespace tempfail::faults {

/// The client sees its connection reset; output that is not yet sent is lost.
struct Reset {
  static constexpr FaultKind kind = {
      .key = "reset",
      .form = WrittenForm::word,
      .sends = SentContent::nothing,
      .stages = scenario::all_stages,
  };
  static constexpr Consequence consequence() {
    return {.own_reply = OwnReply::replaced, .connection = ConnectionEffect::ended};
  }
  static void perform(Output& output) { output.reset(); }
};

} // namespace tempfail::faults
