// The parts of the table of codes; each in a file of its own.
#pragma once

#include "explain/explain.hpp"

namespace tempfail::explain {

std::span<const Entry> mailbox_and_connection_entries(); ///< 4.2.x, 4.3.x
std::span<const Entry> routing_entries();                ///< 4.4.x
std::span<const Entry> protocol_and_policy_entries();    ///< 4.5.x, 4.6.x, 4.7.x
std::span<const Entry> permanent_entries();              ///< 5.x.x
std::span<const Entry> common_entries(); ///< registered ones without a reply of their own
std::span<const Entry> class_entries();  ///< 2.x.x, 4.x.x, 5.x.x

} // namespace tempfail::explain
