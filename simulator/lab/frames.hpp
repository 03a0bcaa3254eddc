// Frames on the cable: who tries to reach whom, and what a router answers when that can't be.
#pragma once

#include "lab/plan.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace tempfail::lab {

/// The first packet of something: a SYN, or a datagram.
struct ConnectionAttempt {
  std::string address; ///< to whom
  std::uint16_t port = 0;
  bool tcp = false; ///< a SYN, repeated ones too; else UDP
};

/// Where a SYN was refused.
struct RefusedAttempt {
  std::string address;
  std::uint16_t port = 0;
};

using Bytes = std::span<const std::uint8_t>;

/// What an Ethernet frame tries; nothing when it is anything else, or cut off.
std::optional<ConnectionAttempt> parse_attempt(Bytes frame);

/// The host that refuses a SYN with this frame; nothing when it is anything else.
std::optional<RefusedAttempt> parse_refusal(Bytes frame);

/// The frame with which the router answers one that parse_attempt() understands: ICMP from the simulator's end of the
/// cable. Empty where `unreachability` says that nothing comes back.
std::string answer_to(Bytes frame, Unreachability unreachability);

} // namespace tempfail::lab
