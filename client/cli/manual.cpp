// Reads the commands and options out of CLI11, and writes the manual page.
#include "client/cli/manual.hpp"

#include "version/version.hpp"

#include <CLI/CLI.hpp>

#include <string_view>

namespace tempfail::client {
namespace {

ManualOption described(const CLI::App& app, const CLI::Option& option) {
  ManualOption entry;
  for (const std::string& name : option.get_snames())
    entry.names.push_back('-' + name);
  for (const std::string& name : option.get_lnames())
    entry.names.push_back("--" + name);
  if (option.get_type_size() != 0 || option.get_positional()) {
    const std::string type = option.get_type_name();
    entry.value = app.get_formatter()->get_label(type.substr(0, type.find(':')));
    if (entry.names.empty()) entry.value = option.get_name();
    if (entry.value == "UINT" || entry.value == "INT" || entry.value == "FLOAT") entry.value = "N";
  }
  entry.text = option.get_description();
  if (option.get_required()) entry.text += " (required)";
  if (!option.get_default_str().empty()) entry.text += " [" + option.get_default_str() + ']';
  return entry;
}

void collect(const CLI::App& app, const std::string& path, std::vector<ManualCommand>& all) {
  ManualCommand entry{path, app.get_description(), {}, {}};
  for (const CLI::App* command : app.get_subcommands({}))
    entry.commands.push_back(command->get_name());
  for (const CLI::Option* option : app.get_options())
    entry.options.push_back(described(app, *option));
  all.push_back(std::move(entry));
  for (const CLI::App* command : app.get_subcommands({}))
    collect(*command, path.empty() ? command->get_name() : path + ' ' + command->get_name(), all);
}

/// Text as roff takes it: a line that begins with a control character is none, hyphens are those of options.
std::string roff(std::string_view text) {
  std::string result;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else
      result += c;
    line_begins = c == '\n';
  }
  return result;
}

std::string options_of(const ManualCommand& command) {
  std::string text;
  for (const ManualOption& option : command.options) {
    std::string word;
    for (const std::string& name : option.names)
      word += (word.empty() ? "" : ", ") + name;
    if (!option.value.empty()) word += (word.empty() ? "" : " ") + option.value;
    text += ".TP\n.B " + roff(word) + '\n' + roff(option.text) + '\n';
  }
  return text;
}

} // namespace

std::vector<ManualCommand> manual_of(const CLI::App& app) {
  std::vector<ManualCommand> all;
  collect(app, {}, all);
  return all;
}

std::string manual_page(const CLI::App& app) {
  const std::vector<ManualCommand> commands = manual_of(app);
  const std::string name = roff(app.get_name());
  const std::string_view version = build_description().substr(0, build_description().find(' '));
  std::string page = ".TH TEMPFAIL\\-SEND 1 \"\" \"tempfail " + std::string(version) +
                     "\" \"tempfail manual\"\n.SH NAME\n" + name +
                     " \\- a queueing SMTP sender\n.SH SYNOPSIS\n.B " + name +
                     "\nCOMMAND [OPTIONS] [ARGUMENTS]\n.SH DESCRIPTION\n" +
                     roff(app.get_description()) + ".\n.PP\n" + roff(app.get_footer()) +
                     "\n.SH OPTIONS\n" + options_of(commands.front()) + ".SH COMMANDS\n";
  for (const ManualCommand& command : commands) {
    if (command.path.empty()) continue;
    page += ".SS " + roff(command.path) + '\n' + roff(command.text) + ".\n" + options_of(command);
  }
  return page +
         ".SH EXIT STATUS\nThose of sysexits.h: 0 success; 64 wrong command line; 65 a malformed "
         "message or address; 66 a file can't be read; 67 no such user; 68 no such host; 69 failed "
         "permanently for another reason; 70 an internal error; 71, 73, 74 a resource is missing, "
         "or a file can't be written; 75 not delivered yet; 76 the server does not speak SMTP; 77 "
         "rejected by policy, or no permission; 78 mistakes in the policy, or no queue is named.\n"
         ".SH SEE ALSO\n.BR tempfail (1)\n";
}

} // namespace tempfail::client
