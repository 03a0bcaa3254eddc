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

  static constexpr Kind kind = {
      .key = "reply",
      .form = Form::value,
      .says = Says::reply,
      .stages = scenario::everywhere.without({Stage::connect, Stage::handshake}),
      .not_elsewhere = "no reply is due",
      .instead = "`raw`, or another stage",
  };
  static std::optional<Reply> read(const scenario::Value& value, scenario::Mistakes& mistakes);
  Consequence consequence() const {
    return {.own_reply = OwnReply::replaced, .connection = Connection::goes_on, .code = text.code};
  }
  void perform(Output& output) const;
};

} // namespace tempfail::faults
