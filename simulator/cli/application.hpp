// The program: parses the command line, runs one subcommand, turns errors into one line and an exit
// code.
#pragma once

#include <string>
#include <vector>

namespace tempfail::cli {

/// Runs the program; `arguments` without the program's own name. Returns the exit code.
int run(const std::vector<std::string>& arguments);

} // namespace tempfail::cli
