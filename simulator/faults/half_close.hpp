// `half-close`: FIN from the server, which goes on reading.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

namespace tempfail::faults {

/// The client sees the end of what the server says, and can still send.
struct HalfClose {
  static constexpr FaultKind kind = {
      .key = "half-close",
      .form = WrittenForm::word,
      .sends = SentContent::nothing,
      .stages = scenario::all_stages,
  };
  static constexpr Consequence consequence() {
    return {.own_reply = OwnReply::replaced, .connection = ConnectionEffect::decided_by_fault};
  }
  static void perform(Output& output) { output.half_close(); }
};

} // namespace tempfail::faults
