// The table of contents: one line per command.
#include "client/cli/commands.hpp"

#include <CLI/CLI.hpp>

namespace tempfail::client {

void add_commands(CLI::App& app, int& exit_code) {
  app.require_subcommand(1);
  exit_code = exit_ok;
}

} // namespace tempfail::client
