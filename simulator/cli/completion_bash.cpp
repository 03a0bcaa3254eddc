// The completion script for bash. Needs nothing but bash (4.0 and up).
#include "cli/completion.hpp"
#include "cli/text.hpp"

namespace tempfail::cli {

namespace {

/// The bash code that fills COMPREPLY with candidates of a kind.
std::string candidates(ValueKind kind, const std::vector<std::string>& words) {
  switch (kind) {
  case ValueKind::file: return "COMPREPLY=($(compgen -f -- \"$cur\"))";
  case ValueKind::directory: return "COMPREPLY=($(compgen -d -- \"$cur\"))";
  case ValueKind::scenario: return "COMPREPLY=($(compgen -W \"$(_tempfail_names)\" -- \"$cur\"))";
  case ValueKind::family: return "COMPREPLY=($(compgen -W \"$(_tempfail_families)\" -- \"$cur\"))";
  case ValueKind::words:
    return "COMPREPLY=($(compgen -W \"" + joined(words, " ") + "\" -- \"$cur\"))";
  case ValueKind::none:
  case ValueKind::other: break;
  }
  return "COMPREPLY=()";
}

std::string all_names(const SubcommandEntry& line) {
  std::vector<std::string> names;
  for (const OptionEntry& option : line.options)
    names.insert(names.end(), option.names.begin(), option.names.end());
  return joined(names, " ");
}

/// The branch of one subcommand: values of options first, then option names, then arguments.
std::string branch(const SubcommandEntry& line) {
  std::string text = "    " + line.manual->name + ")\n      case \"$prev\" in\n";
  for (const OptionEntry& option : line.options) {
    if (option.value.empty()) continue;
    text += "        " + joined(option.names, "|") + ") " +
            candidates(value_kind(option.value), option.words) + "; return ;;\n";
  }
  text += "      esac\n";
  text += "      if [[ $cur == -* ]]; then\n        COMPREPLY=($(compgen -W \"" + all_names(line) +
          "\" -- \"$cur\"))\n      else\n        ";
  const ValueKind kind = argument_kind(*line.manual);
  const ValueKind later = later_argument_kind(*line.manual);
  const std::vector<std::string> words = argument_words(*line.manual);
  if (later != kind)
    text += "if [[ $COMP_CWORD -gt 2 ]]; then " + candidates(later, {}) + "; else ";
  text += candidates(kind, words) + (later != kind ? "; fi" : "") + "\n      fi ;;\n";
  return text;
}

} // namespace

std::string bash_completion(const std::vector<SubcommandEntry>& commands) {
  std::vector<std::string> names;
  for (const SubcommandEntry& line : commands)
    names.push_back(line.manual->name);
  std::string text = R"(# bash completion for tempfail
_tempfail_names() { tempfail list --names 2>/dev/null; }
_tempfail_families() { tempfail list --families 2>/dev/null; }
_tempfail() {
  local cur prev command i
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD-1]}
  command=${COMP_WORDS[1]}
  [[ $command == lab && $COMP_CWORD -gt 2 && ${COMP_WORDS[2]} == test ]] && command=test
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
)";
  text += "    COMPREPLY=($(compgen -W \"" + joined(names, " ") +
          " help --help --version\" -- \"$cur\"))\n    return\n  fi\n";
  text += R"(  for ((i = 2; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} == -- ]]; then # the sender's own command line
      if ((i == COMP_CWORD - 1)); then COMPREPLY=($(compgen -c -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi
      return
    fi
  done
  case "$command" in
)";
  text += "    help) COMPREPLY=($(compgen -W \"" + joined(names, " ") + "\" -- \"$cur\")) ;;\n";
  for (const SubcommandEntry& line : commands)
    text += branch(line);
  return text + "  esac\n}\ncomplete -o filenames -F _tempfail tempfail\n";
}

} // namespace tempfail::cli
