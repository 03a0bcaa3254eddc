// `delay: 30s` or `delay: 1s..5s` (drawn from the seed): what follows happens later.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

#include <optional>

namespace tempfail::faults {

/// The client waits; alone in a rule, for the server's own reply.
struct Delay {
  Duration min{};
  Duration max{};

  static constexpr FaultKind kind = {
      .key = "delay",
      .form = WrittenForm::value,
      .sends = SentContent::nothing,
      .stages = scenario::all_stages,
  };
  static std::optional<Delay> read(const scenario::Value& value, scenario::Mistakes& mistakes);
  static constexpr Consequence consequence() {
    return {.own_reply = OwnReply::follows, .connection = ConnectionEffect::continues};
  }
  void perform(Output& output) const { output.wait(output.random_duration(min, max)); }
};

} // namespace tempfail::faults
