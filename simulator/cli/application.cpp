// Puts the subcommands together, parses, dispatches, and turns errors into one line and an exit
// code.
#include "cli/application.hpp"

#include "base/printable.hpp"
#include "cli/allowed.hpp"
#include "cli/cli11.hpp"
#include "cli/command.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/former_names.hpp"
#include "cli/help.hpp"
#include "cli/missing_dashes.hpp"
#include "cli/options.hpp"
#include "cli/text.hpp"
#include "version/version.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <system_error>
#include <unistd.h>

namespace tempfail::cli {

namespace {

/// The subcommands and a parser for each.
struct CommandSet {
  std::vector<Command> commands = all_commands();
  std::vector<std::unique_ptr<CLI::App>> parsers;

  CommandSet() {
    for (const Command& command : commands) {
      auto& parser = parsers.emplace_back(std::make_unique<CLI::App>());
      parser->name("tempfail " + command.manual.name);
      parser->set_help_flag("-h,--help", "Show this manual.");
      if (command.add_options) command.add_options(*parser);
    }
  }
  /// The index of the command called `name`; commands.size() when there is none.
  std::size_t find(std::string_view name) const {
    const auto found = std::find_if(commands.begin(), commands.end(), [&](const Command& command) {
      return command.manual.name == name;
    });
    return static_cast<std::size_t>(found - commands.begin());
  }
  std::vector<SubcommandEntry> command_lines() const {
    std::vector<SubcommandEntry> result;
    for (std::size_t i = 0; i < commands.size(); ++i)
      result.push_back({&commands[i].manual, option_entries(*parsers[i])});
    return result;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const Command& command : commands)
      result.push_back(command.manual.name);
    result.emplace_back("help");
    return result;
  }
};

Emphasis bold_on(const StandardStream& out) {
  return [&out](std::string_view text) { return out.styled(Style::bold, text); };
}

int show_help(const CommandSet& program, std::size_t index, StandardStream& out) {
  if (index == program.commands.size())
    out.write(overview(program.commands, out.width(), bold_on(out)));
  else
    out.write(help_page(program.commands[index].manual, *program.parsers[index], out.width(),
                        bold_on(out)));
  return exit_ok;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  return near.empty() ? std::string() : "; did you mean " + near + "?";
}

/// CLI11's message in one line, with the option that was probably meant.
std::string usage_message(const CLI::ParseError& error, const CLI::App& parser,
                          const std::vector<std::string>& arguments) {
  std::string what = value_complaint(error);
  std::replace(what.begin(), what.end(), '\n', ' ');
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return what;
  std::vector<std::string> known;
  std::vector<std::string> extras = parser.remaining();
  for (const OptionEntry& option : option_entries(parser))
    known.insert(known.end(), option.names.begin(), option.names.end());
  for (const std::string& argument : arguments) {
    if (argument.size() < 2 || argument[0] != '-') continue;
    const std::string name = argument.substr(0, argument.find('='));
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return "unknown option " + name + did_you_mean(name, known);
  }
  return extras.empty() ? what : "unexpected argument " + extras.front();
}

/// Runs one subcommand with its arguments.
int run_command(const CommandSet& program, std::size_t index, std::vector<std::string> arguments,
                StandardStream& out, StandardStream& err) {
  const Command& command = program.commands[index];
  CLI::App& parser = *program.parsers[index];
  Invocation invocation{out, err, {}, {}, program.command_lines()};
  if (command.takes_tail) {
    const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
    if (dashes != arguments.end()) invocation.tail.assign(dashes + 1, arguments.end());
    arguments.erase(dashes, arguments.end());
  }
  try {
    arguments = with_current_options(std::move(arguments), parser);
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    parser.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return show_help(program, index, out);
  } catch (const CLI::ParseError& error) {
    if (command.takes_tail && invocation.tail.empty())
      if (const std::string hint = missing_dashes(command.manual.name, arguments, &parser);
          !hint.empty())
        throw UsageError(hint + " (see tempfail " + command.manual.name + " --help)");
    throw UsageError(usage_message(error, parser, arguments) + " (see tempfail " +
                     command.manual.name + " --help)");
  }
  invocation.options = given_options(parser);
  return command.run(invocation);
}

/// `lab test` is the command test with an option.
std::vector<std::string> without_short_forms(std::vector<std::string> arguments) {
  const auto first = arguments.begin() + (arguments.front() == "help" ? 1 : 0);
  if (arguments.end() - first < 2 || *first != "lab" || *(first + 1) != "test") return arguments;
  *first = "test";
  *(first + 1) = "--lab";
  return arguments;
}

int dispatch(const CommandSet& program, const std::vector<std::string>& given, StandardStream& out,
             StandardStream& err) {
  const std::vector<std::string> arguments = without_short_forms(given);
  const std::string& first = arguments.front();
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (first == "--version") {
    out.write("tempfail " + std::string(build_description()) + '\n');
    return exit_ok;
  }
  const bool wants_help = first == "help" || first == "--help" || first == "-h";
  if (wants_help && rest.empty()) return show_help(program, program.commands.size(), out);
  const std::string& name = wants_help ? rest.front() : first;
  if (first == "man") { // for the build: the page as roff source
    const std::size_t page = rest.empty() ? program.commands.size() : program.find(rest.front());
    out.write(page == program.commands.size()
                  ? man_overview(program.commands)
                  : man_page(program.commands[page].manual, *program.parsers[page]));
    return exit_ok;
  }
  const std::size_t index = program.find(name);
  if (index == program.commands.size()) {
    const bool option = !name.empty() && name.front() == '-';
    throw UsageError((option ? "unknown option " : "unknown command ") + name +
                     did_you_mean(name, program.names()) + " (see tempfail --help)");
  }
  if (wants_help) return show_help(program, index, out);
  return run_command(program, index, rest, out, err);
}

} // namespace

int run(const std::vector<std::string>& arguments) {
  StandardStream out(STDOUT_FILENO);
  StandardStream err(STDERR_FILENO);
  std::string prefix = "tempfail: ";
  int code = exit_ok;
  const auto complain = [&](const char* what, int exit_code) {
    err.write(prefix + base::printable(what, "\n") + '\n'); // it may quote a stranger's file
    return exit_code;
  };
  try {
    const CommandSet program;
    if (arguments.empty()) {
      err.write(overview(program.commands, err.width(), bold_on(err)));
      return exit_usage;
    }
    if (program.find(arguments.front()) != program.commands.size())
      prefix = "tempfail " + arguments.front() + ": ";
    code = dispatch(program, arguments, out, err);
  } catch (const UsageError& error) {
    code = complain(error.what(), exit_usage);
  } catch (const CannotRun& error) {
    code = complain(error.what(), exit_cannot_run);
  } catch (const std::system_error& error) {
    code = complain(error.what(), exit_cannot_run);
  } catch (const std::exception& error) {
    code = complain((std::string("internal error: ") + error.what()).c_str(), exit_cannot_run);
  }
  if (out.error() != 0) {
    complain((std::string("cannot write standard output: ") + std::strerror(out.error())).c_str(),
             0);
    if (code == exit_ok) code = exit_cannot_run;
  }
  return code;
}

} // namespace tempfail::cli
