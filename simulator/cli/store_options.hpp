// The store of states that several `serve` share: its options, and joining it.
#pragma once

#include "cli/serve_options.hpp"
#include "store/address.hpp"

#include <memory>
#include <string>
#include <string_view>

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

/// Whether --journal names the store and not a file.
bool is_journal_in_store(const ServeOptions& options);

/// --store-run of a command.
void add_store_run_option(CLI::App& parser, std::string& run, const std::string& description);
inline constexpr std::string_view default_run = "main";
/// The address and the name of a run as `option` and --store-run give them; UsageError when one of them is not valid.
store::Address checked_address(const std::string& option, const std::string& address);
std::string checked_run(const std::string& run);

/// Null: states are in memory. CannotRun: the store can't be reached, or the run does not fit.
std::unique_ptr<store::RedisStores> join_store(boost::asio::io_context& context,
                                               const ServeOptions& options);

} // namespace tempfail::cli
