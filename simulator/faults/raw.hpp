// `raw: "220 hal"`: these bytes as they are.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

#include <optional>
#include <string>

namespace tempfail::faults {

/// The client sees these bytes. The first raw of a stage counts as its reply, judged by its code.
struct Raw {
  std::string bytes;

  static constexpr Kind kind = {
      .key = "raw",
      .form = Form::value,
      .says = Says::bytes,
      .stages = scenario::everywhere,
  };
  static std::optional<Raw> read(const scenario::Value& value, scenario::Mistakes& mistakes);
  Consequence consequence() const {
    return {.own_reply = OwnReply::replaced, .connection = Connection::goes_on, .code = code()};
  }
  void perform(Output& output) const { output.reply(bytes); }

  /// The code that a client reads in them; 0 when no client could read one.
  int code() const;
};

} // namespace tempfail::faults
