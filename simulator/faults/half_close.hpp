// `half-close`: FIN from the server, which goes on reading.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

namespace tempfail::faults {

/// The client sees the end of what the server says, and can still send.
struct HalfClose {
  static constexpr Kind kind = {
      .key = "half-close",
      .form = Form::word,
      .says = Says::nothing,
      .stages = scenario::everywhere,
  };
  static constexpr Consequence consequence() {
    return {.own_reply = OwnReply::replaced, .connection = Connection::decided};
  }
  static void perform(Output& output) { output.half_close(); }
};

} // namespace tempfail::faults
