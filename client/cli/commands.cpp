// The table of contents: one line per command.
#include "client/cli/commands.hpp"

#include "client/cli/command.hpp"
#include "client/cli/load_command.hpp"

#include <CLI/CLI.hpp>

namespace tempfail::client {

void add_commands(CLI::App& app, int& exit_code) {
  app.require_subcommand(1);
  exit_code = exit_ok;
  add_send_command(app, exit_code);
  add_enqueue_command(app, exit_code);
  add_run_command(app, exit_code);
  add_queue_command(app, exit_code);
  add_stats_command(app, exit_code);
  add_policy_command(app, exit_code);
  add_load_command(app, exit_code);
}

} // namespace tempfail::client
