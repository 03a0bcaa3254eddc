// tempfail completion: a script that completes commands, options, scenarios and files.
#include "cli/completion.hpp"

#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/text.hpp"

#include <memory>

namespace tempfail::cli {

namespace {

Manual completion_manual() {
  Manual manual;
  manual.name = "completion";
  manual.summary = "print a completion script for bash, zsh or fish";
  manual.synopsis = "bash|zsh|fish";
  manual.description = {"Prints a script that lets a shell complete the commands, options and "
                        "scenario names of tempfail. An installed package already contains the "
                        "scripts, in the places where shells look for them."};
  manual.exit_codes = exit_codes("");
  manual.examples = {
      {"For this bash only", "source <(tempfail completion bash)"},
      {"For every zsh (in a directory of fpath)", "tempfail completion zsh > ~/.zfunc/_tempfail"},
      {"For every fish", "tempfail completion fish > ~/.config/fish/completions/tempfail.fish"}};
  return manual;
}

std::string script(const std::string& shell, const std::vector<SubcommandEntry>& commands) {
  if (shell == "bash") return bash_completion(commands);
  if (shell == "zsh") return zsh_completion(commands);
  if (shell == "fish") return fish_completion(commands);
  throw UsageError("there is no completion for " + shell + "; allowed: bash, zsh, fish");
}

} // namespace

ValueKind value_kind(const std::string& value) {
  if (value.empty()) return ValueKind::none;
  if (value.find('|') != std::string::npos) return ValueKind::words;
  if (value == "FILE" || value == "PATH") return ValueKind::file;
  if (value == "DIR") return ValueKind::directory;
  if (value == "SCENARIO") return ValueKind::scenario;
  if (value == "FAMILY") return ValueKind::family;
  return ValueKind::other;
}

std::vector<std::string> argument_words(const Manual& manual) {
  if (manual.name == "completion") return {"bash", "zsh", "fish"};
  if (manual.name == "lab") return {"test"};
  if (manual.name == "report") return {"compare", "merge"};
  return {};
}

ValueKind later_argument_kind(const Manual& manual) {
  return manual.name == "report" ? ValueKind::file : argument_kind(manual);
}

ValueKind argument_kind(const Manual& manual) {
  if (!argument_words(manual).empty()) return ValueKind::words;
  const std::string& synopsis = manual.synopsis;
  if (synopsis.find("SCENARIO") != std::string::npos) return ValueKind::scenario;
  if (synopsis.find("FILE") != std::string::npos || synopsis.find("PATH") != std::string::npos ||
      synopsis.find("JOURNAL") != std::string::npos)
    return ValueKind::file;
  return ValueKind::other;
}

Command make_completion() {
  auto shell = std::make_shared<std::string>();
  Command command;
  command.manual = completion_manual();
  command.add_options = [shell](CLI::App& parser) {
    parser.add_option("SHELL", *shell)->required();
  };
  command.run = [shell](Invocation& invocation) {
    invocation.out.write(script(*shell, invocation.commands));
    return exit_ok;
  };
  return command;
}

std::string first_sentence(const std::string& text) {
  const std::size_t end = text.find(". ");
  return end == std::string::npos ? text : text.substr(0, end + 1);
}

} // namespace tempfail::cli
