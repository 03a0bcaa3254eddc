// tempfail-send: a queueing SMTP sender.
#include "client/cli/commands.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <exception>
#include <iostream>

namespace client = tempfail::client;

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  int exit_code = client::exit_ok;
  try {
    CLI::App app("A queueing SMTP sender: retry logic done right", "tempfail-send");
    client::add_commands(app, exit_code);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? client::exit_ok : client::exit_usage;
    }
  } catch (const std::exception& error) {
    std::cerr << "tempfail-send: " << error.what() << '\n';
    return client::exit_software;
  }
  return exit_code;
}
