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

  static constexpr FaultKind kind = {
      .key = "raw",
      .form = WrittenForm::value,
      .sends = SentContent::bytes,
      .stages = scenario::all_stages,
  };
  static std::optional<Raw> read(const scenario::Value& value, scenario::Mistakes& mistakes);
  Consequence consequence() const {
    return {
        .own_reply = OwnReply::replaced, .connection = ConnectionEffect::continues, .code = code()};
  }
  void perform(Output& output) const { output.reply(bytes); }

  /// The code that a client reads in them; 0 when no client could read one.
  int code() const;
};

} // namespace tempfail::faults
