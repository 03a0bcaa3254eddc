// The completion script for zsh: _arguments does the work.
#include "cli/completion.hpp"
#include "cli/text.hpp"

namespace tempfail::cli {

namespace {

/// Text inside a single-quoted _arguments specification: brackets and colons have a meaning there.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    if (c == '\'')
      result += "'\\''";
    else
      result += c;
  }
  return result;
}

std::string action(ValueKind kind, const std::vector<std::string>& words) {
  switch (kind) {
  case ValueKind::file: return "_files";
  case ValueKind::directory: return "_files -/";
  case ValueKind::scenario: return "_tempfail_names";
  case ValueKind::family: return "_tempfail_families";
  case ValueKind::words: return "(" + joined(words, " ") + ")";
  case ValueKind::none:
  case ValueKind::other: break;
  }
  return " ";
}

std::string specification(const OptionEntry& option) {
  std::string text;
  for (const std::string& name : option.names) {
    text += "        '*" + name + "[" + escaped(first_sentence(option.text)) + "]";
    if (!option.value.empty())
      text += ":" + escaped(option.value) + ":" + action(value_kind(option.value), option.words);
    text += "' \\\n";
  }
  return text;
}

} // namespace

std::string zsh_completion(const std::vector<SubcommandEntry>& commands) {
  std::string text = R"zsh(#compdef tempfail
# zsh completion for tempfail
_tempfail_names() { compadd -- ${(f)"$(tempfail list --names 2>/dev/null)"} }
_tempfail_families() { compadd -- ${(f)"$(tempfail list --families 2>/dev/null)"} }
_tempfail() {
  local -a commands
  commands=(
)zsh";
  for (const SubcommandEntry& line : commands)
    text += "    '" + line.manual->name + ":" + escaped(line.manual->summary) + "'\n";
  text += R"zsh(    'help:show the manual of a command'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  [[ $command == lab && $CURRENT -gt 3 && $words[3] == test ]] && command=test
  local dashes=${words[(i)--]}
  if (( dashes < CURRENT )); then # the sender's own command line
    shift $dashes words
    (( CURRENT -= dashes ))
    _normal
    return
  fi
  shift words
  (( CURRENT-- ))
  case $command in
    help) _describe command commands ;;
)zsh";
  for (const SubcommandEntry& line : commands) {
    const ValueKind kind = argument_kind(*line.manual);
    const std::vector<std::string> words = argument_words(*line.manual);
    text += "    " + line.manual->name + ")\n      _arguments -s \\\n";
    for (const OptionEntry& option : line.options)
      text += specification(option);
    const ValueKind later = later_argument_kind(*line.manual);
    if (later != kind) text += "        '1:argument:" + action(kind, words) + "' \\\n";
    text += "        '*:argument:" + action(later, words) + "' ;;\n";
  }
  return text +
         "  esac\n}\nif [[ $funcstack[1] == _tempfail ]]; then _tempfail \"$@\"; else compdef "
         "_tempfail tempfail; fi\n";
}

} // namespace tempfail::cli
