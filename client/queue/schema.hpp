// The tables of a queue.
#pragma once

#include "client/queue/database.hpp"

namespace tempfail::client {

/// Sets the connection up and makes the tables if there are none. Throws DatabaseError when the
/// file is something else, or a queue of a later version.
void prepare_schema(Database& database);

} // namespace tempfail::client
