// Which queue a command works on, which policy, and how fast time goes.
#include "client/cli/queue_options.hpp"

#include "client/cli/command.hpp"
#include "client/cli/input.hpp"
#include "client/policy/load.hpp"
#include "client/queue/database.hpp"
#include "client/queue/file_system.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <iterator>

namespace tempfail::client {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

} // namespace

std::filesystem::path default_queue_folder() {
  if (const auto named = environment("TEMPFAIL_SEND_QUEUE"); !named.empty()) return named;
  if (const auto state = environment("XDG_STATE_HOME"); !state.empty()) {
    return std::filesystem::path{state} / "tempfail-send";
  }
  const auto home = environment("HOME");
  if (home.empty())
    throw CommandError(exit_config, "no queue is named: use --queue DIR or TEMPFAIL_SEND_QUEUE");
  return std::filesystem::path{home} / ".local/state/tempfail-send";
}

void add_queue_option(CLI::App& app, std::filesystem::path& folder) {
  app.add_option(
         "--queue", folder,
         "Directory of the queue; default: $TEMPFAIL_SEND_QUEUE, or ~/.local/state/tempfail-send")
      ->type_name("DIR");
}

void add_policy_option(CLI::App& app, std::string& file) {
  app.add_option("--policy", file,
                 "Retry policy (YAML); default: the built-in one, see `policy show`")
      ->type_name("FILE");
}

std::unique_ptr<Queue> open_queue(const std::filesystem::path& folder) {
  const auto path = folder.empty() ? default_queue_folder() : folder;
  try {
    return std::make_unique<Queue>(path);
  } catch (const DatabaseError& error) {
    throw CommandError(error.no_room() || error.busy() ? exit_temporary : exit_cannot_create,
                       error.what());
  } catch (const SharedFileSystem& error) {
    throw CommandError(exit_cannot_create, error.what());
  } catch (const std::filesystem::filesystem_error& error) {
    std::error_code none;
    const bool other =
        std::filesystem::exists(path, none) && !std::filesystem::is_directory(path, none);
    throw CommandError(exit_cannot_create,
                       path.string() + ": can't be a queue: " +
                           (other ? "not a directory" : error.code().message()));
  }
}

std::unique_ptr<Queue> open_existing_queue(const std::filesystem::path& folder) {
  const auto path = folder.empty() ? default_queue_folder() : folder;
  if (!std::filesystem::exists(path / "queue.db")) {
    throw CommandError(exit_no_input, path.string() + ": there is no queue");
  }
  return open_queue(path);
}

Policy read_policy_file(const std::string& file) {
  if (file.empty()) return default_policy();
  std::ifstream in = open_input(file);
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  LoadedPolicy loaded = load_policy(text);
  if (loaded.problems.empty()) return std::move(loaded.policy);
  std::string mistakes;
  for (const Problem& problem : loaded.problems) {
    mistakes.append(mistakes.empty() ? "" : "\n").append(problem.in(file));
  }
  throw CommandError(exit_config, mistakes);
}

Moment queue_now(Queue& queue) {
  return clock_origin(queue, std::nullopt).protocol_at(read_time_of_day());
}

} // namespace tempfail::client
