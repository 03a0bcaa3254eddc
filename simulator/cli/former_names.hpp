// Names of scenarios and options of earlier versions: still understood, with a note on standard error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace tempfail::cli {

/// Prints, once a run for each name, that the scenario or option `former` is now called `current`.
void note_former_name(std::string_view former, std::string_view current);

/// `arguments` of a subcommand with the options that were renamed by their present names; each is noted. Only options
/// that `parser` has.
std::vector<std::string> with_current_options(std::vector<std::string> arguments,
                                              const CLI::App& parser);

} // namespace tempfail::cli
