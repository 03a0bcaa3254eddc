// The completion script for fish: one `complete` line for each thing that can stand somewhere.
#include "cli/completion.hpp"
#include "cli/text.hpp"

namespace tempfail::cli {

namespace {

std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

/// The part of a `complete` line that says what a value can be.
std::string value_part(ValueKind kind, const std::vector<std::string>& words) {
  switch (kind) {
  case ValueKind::none: return "";
  case ValueKind::file: return " -r -F";
  case ValueKind::directory: return " -x -a '(__fish_complete_directories)'";
  case ValueKind::scenario: return " -x -a '(tempfail list --names 2>/dev/null)'";
  case ValueKind::family: return " -x -a '(tempfail list --families 2>/dev/null)'";
  case ValueKind::words: return " -x -a " + quoted(joined(words, " "));
  case ValueKind::other: return " -x";
  }
  return "";
}

std::string argument_part(ValueKind kind, const std::vector<std::string>& words) {
  switch (kind) {
  case ValueKind::scenario: return " -a '(tempfail list --names 2>/dev/null)'";
  case ValueKind::words: return " -a " + quoted(joined(words, " "));
  case ValueKind::file: return " -F";
  case ValueKind::none:
  case ValueKind::directory:
  case ValueKind::family:
  case ValueKind::other: break;
  }
  return "";
}

} // namespace

std::string fish_completion(const std::vector<SubcommandEntry>& commands) {
  std::string text = "# fish completion for tempfail\ncomplete -c tempfail -f\n";
  for (const SubcommandEntry& line : commands)
    text += "complete -c tempfail -n __fish_use_subcommand -a " + line.manual->name + " -d " +
            quoted(line.manual->summary) + '\n';
  text +=
      "complete -c tempfail -n __fish_use_subcommand -a help -d 'show the manual of a command'\n";
  for (const SubcommandEntry& line : commands) {
    const std::string here =
        "complete -c tempfail -n '__fish_seen_subcommand_from " + line.manual->name + "'";
    for (const OptionEntry& option : line.options) {
      text += here;
      for (const std::string& name : option.names)
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      text += value_part(value_kind(option.value), option.words) + " -d " +
              quoted(first_sentence(option.text)) + '\n';
    }
    const std::string arguments =
        argument_part(argument_kind(*line.manual), argument_words(*line.manual));
    if (!arguments.empty()) text += here + arguments + '\n';
    const ValueKind later = later_argument_kind(*line.manual);
    if (later != argument_kind(*line.manual)) text += here + argument_part(later, {}) + '\n';
  }
  return text;
}

} // namespace tempfail::cli
