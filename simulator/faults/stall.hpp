// `stall` or `stall: 10m`: the server reads, and says nothing more; without a duration until the client gives up.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

#include <optional>

namespace tempfail::faults {

/// The client waits for a server that is there and silent.
struct Stall {
  std::optional<Duration> duration;

  static constexpr Kind kind = {
      .key = "stall",
      .form = Form::word_or_value,
      .says = Says::nothing,
      .stages = scenario::everywhere,
  };
  static std::optional<Stall> read(const scenario::Value& value, scenario::Mistakes& mistakes);
  Consequence consequence() const {
    if (duration) return {.own_reply = OwnReply::follows, .connection = Connection::decided};
    return {.own_reply = OwnReply::replaced, .connection = Connection::ended};
  }
  void perform(Output& output) const;
};

} // namespace tempfail::faults
