// `close`: an orderly end.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

namespace tempfail::faults {

/// The client sees the end of the connection after all output.
struct Close {
  static constexpr FaultKind kind = {
      .key = "close",
      .form = WrittenForm::word,
      .sends = SentContent::nothing,
      .stages = scenario::all_stages,
  };
  static constexpr Consequence consequence() {
    return {.own_reply = OwnReply::replaced, .connection = ConnectionEffect::ended};
  }
  static void perform(Output& output) { output.close(); }
};

} // namespace tempfail::faults
