// `reset`: RST.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

namespace tempfail::faults {

/// The client sees its connection reset; output that is not yet sent is lost.
struct Reset {
  static constexpr Kind kind = {
      .key = "reset",
      .form = Form::word,
      .says = Says::nothing,
      .stages = scenario::everywhere,
  };
  static constexpr Consequence consequence() {
    return {.own_reply = OwnReply::replaced, .connection = Connection::ended};
  }
  static void perform(Output& output) { output.reset(); }
};

} // namespace tempfail::faults
