// Clocks of servers that write to one stream, held against its order.
#pragma once

#include "scenario/units.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace tempfail::journal {

/// When a server sent an entry of a stream, by its own clock.
struct Sent {
  std::string_view node;
  Moment at{};
};

/// For each entry, by how much the clock of its server is behind those of the others. An entry that was sent earlier
/// than one before it in the stream may have been on its way for long. If all later ones of its server are, too, then
/// it is the clock, as after the machine was suspended. Less than `tolerated` counts as nothing.
std::vector<Duration> clocks_behind(std::span<const Sent> entries, Duration tolerated);

} // namespace tempfail::journal
