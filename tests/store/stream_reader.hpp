// What is in a Redis server, as another client of it sees that.
#pragma once

#include "store/address.hpp"

#include <string>
#include <vector>

namespace tempfail::test {

/// The lines of each entry of a run's stream, in its order. Throws std::runtime_error.
std::vector<std::string> entries_of(const store::Address& address, const std::string& run);

/// The value of a run's only lease, which is what its server says of itself; empty: there is none, or several.
std::string lease_in(const store::Address& address, const std::string& run);

} // namespace tempfail::test
