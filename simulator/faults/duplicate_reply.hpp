// `duplicate-reply`: the reply of this stage, the rule's own or the server's, is sent twice.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

namespace tempfail::faults {

/// The client gets one reply more than it asked for, and may take it for the reply to its next command.
struct DuplicateReply {
  static constexpr FaultKind kind = {
      .key = "duplicate-reply",
      .form = WrittenForm::word,
      .sends = SentContent::nothing,
      .stages = scenario::all_stages.without(
          {Stage::connect, Stage::handshake, Stage::content, Stage::idle}),
      .why_not_elsewhere = "there is no reply to duplicate",
      .changes_reply = true,
  };
  static constexpr Consequence consequence() {
    return {.own_reply = OwnReply::follows, .connection = ConnectionEffect::continues};
  }
  static void perform(Output& output) { output.duplicate_replies(); }
};

} // namespace tempfail::faults
