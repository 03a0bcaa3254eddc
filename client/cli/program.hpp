// The whole program but for main(), so that tests can make a program of it that does something wrong.
#pragma once

namespace tempfail::client {

/// Parses the command line and does what it says. Returns the exit code.
int run_program(int argc, char** argv);

} // namespace tempfail::client
