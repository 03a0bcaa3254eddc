// One function per command: declares its options on `app` and, when it is chosen, leaves its exit code.
#pragma once

#include "client/cli/exit_code.hpp"

#include <stdexcept>
#include <string>

namespace CLI {
class App;
} // namespace CLI

namespace tempfail::client {

/// What a command can't go on with: told to the user, then the program ends with this code.
class CommandError : public std::runtime_error {
 public:
  CommandError(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  int code() const { return code_; }

 private:
  int code_;
};

void add_send_command(CLI::App& app, int& exit_code);
void add_enqueue_command(CLI::App& app, int& exit_code);
void add_run_command(CLI::App& app, int& exit_code);
void add_queue_command(CLI::App& app, int& exit_code);
void add_stats_command(CLI::App& app, int& exit_code);
void add_policy_command(CLI::App& app, int& exit_code);

} // namespace tempfail::client
