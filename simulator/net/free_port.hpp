// One port for many addresses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tempfail::net {

/// A port that is free for TCP on all of these addresses, as the system chooses it. Throws std::system_error when
/// there is none, or an address is not this machine's.
std::uint16_t free_port(const std::vector<std::string>& addresses);

} // namespace tempfail::net
