// What the program's exit status says. The same for every subcommand, and part of every help page.
#pragma once

namespace tempfail::cli {

inline constexpr int exit_ok = 0;
/// The program did its work, and the answer is no: a verdict failed, a file has mistakes.
inline constexpr int exit_failed = 1;
/// Wrong usage, or input that can't be used: an unknown option or scenario, an unreadable file.
inline constexpr int exit_usage = 2;
/// It could not run: a port is taken, a file can't be written, no descriptors are left.
inline constexpr int exit_cannot_run = 3;
/// Nothing failed, and something could not be decided: a verdict is open, or no failure took effect.
inline constexpr int exit_undecided = 4;
/// Ended by signal n: this plus n, as shells have it (130 for Ctrl-C).
inline constexpr int exit_signal = 128;

} // namespace tempfail::cli
