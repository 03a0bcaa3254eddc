// Whether the terminal that a program was started from is gone.
#pragma once

namespace tempfail::cli {

/// Whether standard output or standard error was a terminal that is gone.
bool is_terminal_gone();

} // namespace tempfail::cli
