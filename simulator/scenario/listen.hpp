// How a server's port answers a connection attempt, before there is any connection to speak of.
#pragma once

#include "scenario/units.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tempfail::scenario {

/// What a SYN meets.
enum class ListenAnswer : std::uint8_t {
  accepted,            ///< a connection
  refused,             ///< RST: the port is bound, and nothing listens
  silence,             ///< nothing: the accept queue is full, and the kernel drops the SYN
  host_unreachable,    ///< ICMP: EHOSTUNREACH
  network_unreachable, ///< ICMP: ENETUNREACH
};
/// The client learns at once that it can't get through.
constexpr bool is_refusal(ListenAnswer answer) {
  return answer != ListenAnswer::accepted && answer != ListenAnswer::silence;
}
/// A router says it, and no port can.
constexpr bool is_router_answer(ListenAnswer answer) {
  return answer == ListenAnswer::host_unreachable || answer == ListenAnswer::network_unreachable;
}

/// A port that does not answer as it should, always or for a while.
struct Listen {
  ListenAnswer answer = ListenAnswer::accepted;
  std::vector<Range<Duration>> during;  ///< since the server's start; empty: always
  std::optional<std::uint32_t> backlog; ///< connections that may wait to be accepted
  std::optional<Duration> accept_every; ///< one connection is accepted per so long
};

} // namespace tempfail::scenario
