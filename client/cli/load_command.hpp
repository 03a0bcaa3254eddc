// The command `load`.
#pragma once

namespace CLI {
class App;
} // namespace CLI

namespace tempfail::client {

void add_load_command(CLI::App& app, int& exit_code);

} // namespace tempfail::client
