// The table of contents: one line per command.
#include "client/cli/commands.hpp"

#include "client/cli/load_command.hpp"

#include <CLI/CLI.hpp>

namespace tempfail::client {

void add_commands(CLI::App& app, int& exit_code) {
  app.require_subcommand(1);
  exit_code = exit_ok;
  add_load_command(app, exit_code);
}

} // namespace tempfail::client
