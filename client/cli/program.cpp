// The whole program but for main().
#include "client/cli/program.hpp"

#include "client/cli/command.hpp"
#include "client/cli/commands.hpp"
#include "client/cli/sendmail.hpp"
#include "client/queue/database.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <exception>
#include <iostream>

namespace tempfail::client {
namespace {

int parse_and_run(int argc, char** argv) {
  int exit_code = exit_ok;
  CLI::App app("A queueing SMTP sender: retry logic done right", "tempfail-send");
  app.footer("Called as sendmail, or with a short option first (-t, -i, -f …), it queues a message "
             "from standard "
             "input as sendmail does.");
  add_commands(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_usage;
  }
  return exit_code;
}

} // namespace

int run_program(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  // A file that may not grow any more is an error of the write, not the end of the program.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    if (argc > 0 && called_as_sendmail(argv[0], arguments)) return sendmail(arguments);
    return parse_and_run(argc, argv);
  } catch (const CommandError& error) {
    std::cerr << "tempfail-send: " << error.what() << '\n';
    return error.code();
  } catch (const DatabaseError& error) {
    std::cerr << "tempfail-send: queue: " << error.what() << '\n';
    return error.no_room() || error.busy() ? exit_temporary : exit_io;
  } catch (const std::exception& error) {
    std::cerr << "tempfail-send: " << error.what() << '\n';
    return exit_software;
  }
}

} // namespace tempfail::client
