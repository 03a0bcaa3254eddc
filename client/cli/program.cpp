// The whole program but for main().
#include "client/cli/program.hpp"

#include "base/printable.hpp"
#include "client/cli/command.hpp"
#include "client/cli/commands.hpp"
#include "client/cli/help.hpp"
#include "client/cli/manual.hpp"
#include "client/cli/nearest.hpp"
#include "client/cli/sendmail.hpp"
#include "client/queue/database.hpp"
#include "version/version.hpp"

#include <CLI/CLI.hpp>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::client {
namespace {

std::vector<std::string> known_options(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames())
      names.push_back("--" + name);
  }
  return names;
}
std::vector<std::string> known_commands(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* other : command.get_subcommands({}))
    names.push_back(other->get_name());
  return names;
}

/// Errors quote command lines and files, which may be a stranger's.
void complain(std::string_view what) {
  std::cerr << "tempfail-send: " << base::printable(what, "\n") << '\n';
}

/// A wrong command line in one line: what is wrong, and where it is written how it should be.
int complain(const CLI::App& app, const CLI::ParseError& error) {
  std::string name = app.get_name();
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    name += ' ' + command->get_name();
  }
  std::string what = error.what();
  std::replace(what.begin(), what.end(), '\n', ' ');
  const std::vector<std::string> rest = app.remaining(true);
  const bool no_command = command->get_require_subcommand_min() > 0;
  const bool extra = no_command || dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  const auto option = std::find_if(rest.begin(), rest.end(), [](const std::string& argument) {
    return argument.size() > 1 && argument.front() == '-';
  });
  // An option that is missing may be the very one that was mistyped.
  const bool missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  if (option != rest.end() && (extra || missing)) {
    const std::string unknown = option->substr(0, option->find('='));
    what = "unknown option " + unknown + suggestion(unknown, known_options(*command));
  } else if (no_command && rest.empty()) {
    what = "a command is missing";
  } else if (no_command) {
    what = "unknown command " + rest.front() + suggestion(rest.front(), known_commands(*command));
  } else if (extra && !rest.empty()) {
    what = "unexpected argument " + rest.front();
  }
  complain(what + " (see " + name + " --help)");
  return exit_usage;
}

/// Whether what was printed has gone where it should. A reader who has gone early is no failure.
bool was_printed() {
  errno = 0;
  std::cout.flush();
  if (std::cout.good() && std::ferror(stdout) == 0) return true;
  const std::string why = errno != 0 ? std::strerror(errno) : "an earlier write failed";
  pollfd output{STDOUT_FILENO, 0, 0};
  if (::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0) return true;
  complain("standard output: " + why);
  return false;
}

/// For the build and for shells: what the program knows of itself, whole. Nothing: that was not asked for.
std::optional<int> print_itself(const CLI::App& app, const std::vector<std::string>& arguments) {
  std::string text;
  if (arguments == std::vector<std::string>{"man"})
    text = manual_page(app);
  else if (arguments.size() == 2 && arguments.front() == "completion")
    text = completion_script(app, arguments.back());
  else
    return std::nullopt;
  if (text.empty())
    throw CommandError(exit_usage, "completion " + arguments.back() + ": allowed: bash, zsh, fish");
  std::cout << text;
  return was_printed() ? exit_ok : exit_io;
}

int parse_and_run(int argc, char** argv, const std::vector<std::string>& arguments) {
  int exit_code = exit_ok;
  CLI::App app("A queueing SMTP sender whose retry logic follows the standards", "tempfail-send");
  set_help_style(app);
  app.set_version_flag("--version", "tempfail-send " + std::string(build_description()),
                       "Show the version");
  add_commands(app, exit_code);
  app.footer("Called as sendmail, or with a short option first (-t, -i, -f …), it queues a message "
             "from standard input, as sendmail does. tempfail-send completion bash (or zsh, fish) "
             "prints a script for that shell.");
  if (const auto printed = print_itself(app, arguments)) return *printed;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return complain(app, error);
    app.exit(error); // help
  }
  // What has been handed over stays handed over, whether or not that could be said.
  const bool hands_over =
      app.got_subcommand("send") || app.got_subcommand("enqueue") || app.got_subcommand("run");
  return was_printed() || hands_over || exit_code != exit_ok ? exit_code : exit_io;
}

} // namespace

int run_program(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  // A file that may not grow any more is an error of the write, not the end of the program.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    if (argc > 0 && called_as_sendmail(argv[0], arguments)) return sendmail(arguments);
    return parse_and_run(argc, argv, arguments);
  } catch (const CommandError& error) {
    complain(error.what());
    return error.code();
  } catch (const DatabaseError& error) {
    complain(std::string("queue: ") + error.what());
    return error.no_room() || error.busy() ? exit_temporary : exit_io;
  } catch (const std::exception& error) {
    complain(error.what());
    return exit_software;
  }
}

} // namespace tempfail::client
