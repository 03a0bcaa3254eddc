// Help texts as manual pages: for the terminal, and as roff for man(1).
#pragma once

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tempfail::cli {

/// How a heading is set off: bold on a terminal, plain elsewhere.
using Emphasis = std::function<std::string(std::string_view)>;

/// The page of one subcommand, at most `width` columns wide.
std::string help_page(const Manual& manual, const CLI::App& parser, std::size_t width,
                      const Emphasis& emphasis);
/// The overview of the program.
std::string overview(const std::vector<Command>& commands, std::size_t width,
                     const Emphasis& emphasis);
/// The page of one subcommand as roff source, `tempfail-NAME(1)`.
std::string man_page(const Manual& manual, const CLI::App& parser);
/// The overview as roff source, tempfail(1).
std::string man_overview(const std::vector<Command>& commands);

} // namespace tempfail::cli
