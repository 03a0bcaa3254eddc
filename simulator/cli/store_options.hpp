// The store of states that several `serve` share: its options, and joining it.
#pragma once

#include "cli/serve_options.hpp"

#include <memory>

namespace boost::asio {
class io_context;
}

namespace tempfail::store {
class RedisStores;
}

namespace tempfail::cli {

void add_store_options(CLI::App& parser, ServeOptions& options);
/// UsageError when the options can't be combined, or the address is none.
void check_store(const ServeOptions& options);

/// Null: states are in memory. CannotRun: the store can't be reached, or the run does not fit.
std::unique_ptr<store::RedisStores> join_store(boost::asio::io_context& context,
                                               const ServeOptions& options);

} // namespace tempfail::cli
