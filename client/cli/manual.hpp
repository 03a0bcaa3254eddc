// The manual page and the completion scripts of the program, made from its own description of itself.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
} // namespace CLI

namespace tempfail::client {

/// An option as it is written, "--host", and what is said of it.
struct ManualOption {
  std::vector<std::string> names; ///< empty: a positional argument, which `value` names
  std::string value;              ///< what is to be given; empty: a flag
  std::string text;
};

/// A command with all words before it: "queue list"; the program itself has none.
struct ManualCommand {
  std::string path;
  std::string text;
  std::vector<std::string> commands; ///< what it has below itself
  std::vector<ManualOption> options;
};

/// The program first, and each command before those below it.
std::vector<ManualCommand> manual_of(const CLI::App& app);

/// The page as roff source, section 1.
std::string manual_page(const CLI::App& app);
/// The script for one shell; nothing for a shell that is not "bash", "zsh" or "fish".
std::string completion_script(const CLI::App& app, const std::string& shell);

} // namespace tempfail::client
