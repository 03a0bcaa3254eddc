// `cut-handshake: 600 bytes`: the handshake begins, and after so many bytes from the server nothing more comes of it.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

#include <cstdint>
#include <optional>

namespace tempfail::faults {

/// The client waits in the middle of the handshake; what follows in the rule happens then.
struct CutHandshake {
  std::uint64_t bytes = 0;

  static constexpr FaultKind kind = {
      .key = "cut-handshake",
      .form = WrittenForm::value,
      .sends = SentContent::nothing,
      .stages = {Stage::handshake},
      .why_not_elsewhere = "there is no handshake",
  };
  static std::optional<CutHandshake> read(const scenario::Value& value,
                                          scenario::Mistakes& mistakes);
  static constexpr Consequence consequence() {
    return {.own_reply = OwnReply::replaced, .connection = ConnectionEffect::continues};
  }
  void perform(Output& output) const { output.cut_handshake(bytes); }
};

} // namespace tempfail::faults
