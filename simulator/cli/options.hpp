// The options of a parser as the help texts and the completion scripts need them.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tempfail::cli {

/// One option of a subcommand.
struct OptionEntry {
  std::vector<std::string> names; ///< "-j", "--jobs"
  std::string value;              ///< "FILE"; empty: a flag
  std::vector<std::string> words; ///< the values allowed where they are a list
  std::string text;               ///< what it does
  std::string default_value;      ///< its default; empty: none
};

/// The options of `parser` in the order they were added, --help last.
std::vector<OptionEntry> option_entries(const CLI::App& parser);

/// What was given to `parser` but for its positional arguments, as words of a command line: "--strict", "--seed", "7".
std::vector<std::string> given_options(const CLI::App& parser);

} // namespace tempfail::cli
