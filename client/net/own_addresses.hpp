// Which addresses are this machine's own: whoever sends mail there sends it to itself.
#pragma once

#include "client/net/address.hpp"

namespace tempfail::client {

/// An address of one of its network devices, or the one that stands for all of them. As things are now.
bool is_own_address(const Address& address);

} // namespace tempfail::client
