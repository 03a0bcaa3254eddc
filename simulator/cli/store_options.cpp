// --store and --store-run.
#include "cli/store_options.hpp"

#include "base/ascii.hpp"
#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "store/redis_stores.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tempfail::cli {
namespace {

constexpr std::size_t longest_name = 64;

bool is_run_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return base::is_letter(c) || base::is_digit(c) || c == '-' || c == '_' || c == '.';
         });
}

} // namespace

void add_store_options(CLI::App& parser, ServeOptions& options) {
  parser
      .add_option(
          "--store", options.store,
          "Keep everything that outlives a session (counts of triggers, greylist, disk, "
          "mailboxes, queue, limits, open connections) in this Redis server, so that several "
          "servers share it (docs/scale.md): redis://HOST:PORT, redis://HOST:PORT/DATABASE "
          "or unix:PATH. While Redis does not answer, clients get 421.")
      ->type_name("ADDRESS")
      ->default_str("each server's own memory");
  add_store_run_option(parser, options.store_run,
                       "Servers with the same name share their states and their clock. Use another "
                       "name for each new run.");
}

void add_store_run_option(CLI::App& parser, std::string& run, const std::string& description) {
  parser.add_option("--store-run", run, description)
      ->type_name("NAME")
      ->default_str(std::string(default_run));
}

store::Address checked_address(const std::string& option, const std::string& address) {
  std::optional<store::Address> parsed = store::parse_address(address);
  if (!parsed)
    throw UsageError(option + " " + address + " is not the address of a store; allowed: " +
                     std::string(store::allowed_addresses));
  return *std::move(parsed);
}

std::string checked_run(const std::string& run) {
  if (run.empty()) return std::string(default_run);
  if (!is_run_name(run))
    throw UsageError("--store-run " + run + " is not a valid name; allowed: at most " +
                     std::to_string(longest_name) + " letters, digits, and - _ .");
  return run;
}

bool is_journal_in_store(const ServeOptions& options) {
  return options.journal == "store";
}

void check_store(const ServeOptions& options) {
  if (is_journal_in_store(options)) {
    if (options.store.empty())
      throw UsageError("--journal store needs --store; a file of this name is --journal ./store");
    if (!options.journal_rotate.empty())
      throw UsageError("--journal store and --journal-rotate can't be combined: a stream is not a "
                       "file");
    if (options.workers > 1)
      throw UsageError("--journal store and --workers can't be combined: workers write one file");
  }
  if (options.store.empty()) {
    if (!options.store_run.empty()) throw UsageError("--store-run needs --store");
    return;
  }
  checked_address("--store", options.store);
  checked_run(options.store_run);
}

std::unique_ptr<store::RedisStores> join_store(boost::asio::io_context& context,
                                               const ServeOptions& options) {
  if (options.store.empty()) return nullptr;
  store::RunSettings run;
  run.name = checked_run(options.store_run);
  run.time_scale = options.clock == "manual" ? 0 : options.run.time_scale;
  run.seed = options.run.seed;
  try {
    return std::make_unique<store::RedisStores>(context, *store::parse_address(options.store), run);
  } catch (const std::runtime_error& error) {
    throw CannotRun("store " + options.store + ": " + error.what());
  }
}

} // namespace tempfail::cli
