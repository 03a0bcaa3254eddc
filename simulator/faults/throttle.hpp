// `throttle: 1KB per 1s`: from here on the client's bytes are taken no faster than this.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"
#include "scenario/units.hpp"

#include <optional>

namespace tempfail::faults {

/// The client can send only as fast as this, once the buffers are full.
struct Throttle {
  scenario::Rate rate;

  static constexpr FaultKind kind = {
      .key = "throttle",
      .form = WrittenForm::value,
      .sends = SentContent::nothing,
      .stages = scenario::all_stages,
  };
  static std::optional<Throttle> read(const scenario::Value& value, scenario::Mistakes& mistakes);
  static constexpr Consequence consequence() {
    return {.own_reply = OwnReply::follows, .connection = ConnectionEffect::continues};
  }
  void perform(Output& output) const { output.throttle(rate); }
};

} // namespace tempfail::faults
