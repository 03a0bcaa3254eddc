// `accept`: the message is accepted (journal, spool) although no reply says so.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

namespace tempfail::faults {

/// The client never learns that its message has arrived.
struct Accept {
  static constexpr FaultKind kind = {
      .key = "accept",
      .form = WrittenForm::word,
      .sends = SentContent::nothing,
      .stages = {Stage::message},
      .why_not_elsewhere = "there is no message to accept",
  };
  static constexpr Consequence consequence() {
    return {.own_reply = OwnReply::replaced,
            .connection = ConnectionEffect::continues,
            .accepts = true};
  }
  static void perform(Output& /*output*/) {} // the session has seen to it
};

} // namespace tempfail::faults
