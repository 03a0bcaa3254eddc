// A sender's command that was given without the `--` before it.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tempfail::cli {

/// "put -- before the sender's command: tempfail test disk-full -- swaks --to x", where one of `arguments` (those after
/// the subcommand `name`) is a program, and no scenario; without the program where one has a placeholder; else nothing.
/// Values of the options of `parser` are not looked at; null: there are none.
std::string missing_dashes(const std::string& name, const std::vector<std::string>& arguments,
                           const CLI::App* parser);

} // namespace tempfail::cli
