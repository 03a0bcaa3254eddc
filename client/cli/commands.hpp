// The commands of tempfail-send. Each has a file of its own that declares its options and does its
// work.
#pragma once

#include "client/cli/exit_code.hpp"

namespace CLI {
class App;
} // namespace CLI

namespace tempfail::client {

/// Declares every command on `app`. The chosen one runs while `app` parses and leaves its exit code
/// in `exit_code`, which must outlive the parsing.
void add_commands(CLI::App& app, int& exit_code);

} // namespace tempfail::client
