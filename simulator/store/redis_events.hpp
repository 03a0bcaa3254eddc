// Tells hiredis when its socket can be read and written, by an io_context: the adapter that it lacks.
#pragma once

struct redisAsyncContext;

namespace boost::asio {
class io_context;
}

namespace tempfail::store {

/// From here on until hiredis gives the socket up, which also ends what this makes.
void attach_events(boost::asio::io_context& context, redisAsyncContext& redis);

} // namespace tempfail::store
