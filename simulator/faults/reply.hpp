// `reply: 452 4.3.1 …`: takes the place of the server's own reply at this stage.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

#include <optional>
#include <string>

namespace tempfail::faults {

/// A reply ready for the wire. Its placeholders are filled in when it is sent.
struct ReplyText {
  int code = 0;
  std::string wire; ///< all lines with CR LF
  bool has_placeholders = false;
};

/// The client sees this instead of what the server would have said.
struct Reply {
  ReplyText text;

  static constexpr FaultKind kind = {
      .key = "reply",
      .form = WrittenForm::value,
      .sends = SentContent::reply,
      .stages = scenario::all_stages.without({Stage::connect, Stage::handshake}),
      .why_not_elsewhere = "there is no reply",
      .alternative = "`raw`, or another stage",
  };
  static std::optional<Reply> read(const scenario::Value& value, scenario::Mistakes& mistakes);
  Consequence consequence() const {
    return {.own_reply = OwnReply::replaced,
            .connection = ConnectionEffect::continues,
            .code = text.code};
  }
  void perform(Output& output) const;
};

} // namespace tempfail::faults
