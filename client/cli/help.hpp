// How --help looks.
#pragma once

namespace CLI {
class App;
} // namespace CLI

namespace tempfail::client {

/// Gives an application, and the commands that are added to it from then on, the pages of this program: what a value
/// is called, its limits and its default behind the sentence about it, lines that fit a terminal.
void set_help_style(CLI::App& app);

} // namespace tempfail::client
