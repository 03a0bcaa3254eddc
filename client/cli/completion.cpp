// The completion scripts. Each asks first which command stands on the line, then offers what belongs to it.
#include "client/cli/manual.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string_view>

namespace tempfail::client {
namespace {

/// Between single quotes of a shell.
std::string in_quotes(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'')
      result += "'\\''";
    else
      result += c == '\n' ? ' ' : c;
  }
  return result + '\'';
}

/// The shell code (of bash and zsh) that leaves the command on the line in `path`, "queue list".
std::string find_path(const std::vector<ManualCommand>& commands, const std::string& word) {
  std::string paths;
  for (const ManualCommand& command : commands) {
    if (command.path.empty()) continue;
    paths += (paths.empty() ? "" : "|") + ('"' + command.path + '"');
  }
  return "    case \"${path:+$path }" + word + "\" in\n      " + paths +
         ") path=\"${path:+$path }" + word + "\" ;;\n    esac\n";
}

std::string bash(const std::vector<ManualCommand>& commands) {
  std::string text = "# bash completion for tempfail-send\n_tempfail_send() {\n"
                     "  local cur=${COMP_WORDS[COMP_CWORD]} path= i words=\n"
                     "  for ((i = 1; i < COMP_CWORD; i++)); do\n" +
                     find_path(commands, "${COMP_WORDS[i]}") + "  done\n  case \"$path\" in\n";
  for (const ManualCommand& command : commands) {
    std::string words;
    for (const std::string& name : command.commands)
      words += name + ' ';
    for (const ManualOption& option : command.options)
      for (const std::string& name : option.names)
        words += name + ' ';
    text += "    \"" + command.path + "\") words=" + in_quotes(words) + " ;;\n";
  }
  return text + "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                "  [[ ${#COMPREPLY[@]} -gt 0 || $cur == -* ]] || COMPREPLY=($(compgen -f -- "
                "\"$cur\"))\n}\ncomplete -o filenames -F _tempfail_send tempfail-send\n";
}

std::string zsh(const std::vector<ManualCommand>& commands) {
  std::string text = "#compdef tempfail-send\nlocal path= i\nlocal -a offers\n"
                     "for ((i = 2; i < CURRENT; i++)); do\n" +
                     find_path(commands, "${words[i]}") + "done\ncase \"$path\" in\n";
  // `path` is zsh's own list of programs.
  for (auto at = text.find("path"); at != std::string::npos; at = text.find("path", at + 5))
    text.replace(at, 4, "place");
  for (const ManualCommand& command : commands) {
    text += "  \"" + command.path + "\") offers=(";
    for (const std::string& name : command.commands)
      for (const ManualCommand& below : commands)
        if (below.path == (command.path.empty() ? name : command.path + ' ' + name))
          text += "\n    " + in_quotes(name + ':' + below.text);
    for (const ManualOption& option : command.options)
      for (const std::string& name : option.names)
        text += "\n    " + in_quotes(name + ':' + option.text);
    text += ") ;;\n";
  }
  return text + "esac\n_describe tempfail-send offers || _files\n";
}

std::string fish(const std::vector<ManualCommand>& commands) {
  std::string text = "# fish completion for tempfail-send\n";
  for (const ManualCommand& command : commands) {
    std::string where = command.path.empty() ? "not __fish_seen_subcommand_from" : "";
    if (command.path.empty())
      for (const std::string& name : command.commands)
        where += ' ' + name;
    for (std::string_view rest = command.path; !rest.empty();) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      where += (where.empty() ? "" : "; and ") +
               ("__fish_seen_subcommand_from " + std::string(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const std::string line = "complete -c tempfail-send -n " + in_quotes(where);
    for (const std::string& name : command.commands)
      text += line + " -a " + name + '\n';
    for (const ManualOption& option : command.options) {
      if (option.names.empty()) continue;
      text += line;
      for (const std::string& name : option.names)
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      text += (option.value.empty() ? "" : " -r") + (" -d " + in_quotes(option.text)) + '\n';
    }
  }
  return text;
}

} // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  const std::vector<ManualCommand> commands = manual_of(app);
  if (shell == "bash") return bash(commands);
  if (shell == "zsh") return zsh(commands);
  if (shell == "fish") return fish(commands);
  return {};
}

} // namespace tempfail::client
