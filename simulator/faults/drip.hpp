// `drip: {bytes: 1, every: 100ms}`: from here on the output of this stage goes out in such pieces.
#pragma once

#include "faults/kind.hpp"
#include "faults/output.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tempfail::faults {

/// The client gets the reply piece by piece, each in a segment of its own.
struct Drip {
  std::uint64_t bytes = 1;
  Duration every{};

  static constexpr std::array<std::string_view, 2> keys = {"bytes", "every"};
  static constexpr std::array<std::string_view, 1> required = {"every"};
  static constexpr scenario::MapKind map = {"drip", keys, required};

  static constexpr FaultKind kind = {
      .key = "drip",
      .form = WrittenForm::value,
      .sends = SentContent::nothing,
      .stages = scenario::all_stages,
      .changes_reply = true,
      .map = &map,
  };
  static std::optional<Drip> read(const scenario::Value& value, scenario::Mistakes& mistakes);
  static constexpr Consequence consequence() {
    return {.own_reply = OwnReply::follows, .connection = ConnectionEffect::continues};
  }
  void perform(Output& output) const { output.send_in_pieces(bytes, every); }
};

} // namespace tempfail::faults
