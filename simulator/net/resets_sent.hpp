// How often the kernel has refused or reset a connection: the only trace of a connection attempt to a closed port.
#pragma once

#include <cstdint>
#include <optional>

namespace tempfail::net {

/// RSTs that left this process's network since it was made, whoever's they were; nothing: the kernel does not say.
std::optional<std::uint64_t> resets_sent();

} // namespace tempfail::net
