// `close`: an orderly end.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

namespace tempfail::faults {

/// The client sees the end of the connection after all output.
struct Close {
  static constexpr Kind kind = {
      .key = "close",
      .form = Form::word,
      .says = Says::nothing,
      .stages = scenario::everywhere,
  };
  static constexpr Consequence consequence() {
    return {.own_reply = OwnReply::replaced, .connection = Connection::ended};
  }
  static void perform(Output& output) { output.close(); }
};

} // namespace tempfail::faults
