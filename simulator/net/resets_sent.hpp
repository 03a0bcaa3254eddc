// How often the kernel has refused or reset a connection: the only trace of a connection attempt to a closed port.
#pragma once

#include <cstdint>
#include <optional>

namespace tempfail::net {

/// RSTs that left this process's network since it was made, but for those that note_own_reset() was told of; nothing:
/// the kernel does not say.
std::optional<std::uint64_t> resets_sent();
/// One of them was asked for by this process, to see whether it is counted.
void note_own_reset();

} // namespace tempfail::net
