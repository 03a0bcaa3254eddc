// Processes that a user's program leaves behind, in any session or group.
//
// Linux gives a process that loses its parent to the nearest ancestor that is a subreaper. tempfail is one: so nothing
// that a program starts leaves our process tree, and we reap orphans if process 1 does not (a container without init).
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include <sys/types.h>

namespace tempfail::cli {

/// The running programs: our own children, which other code waits for.
using RunningPrograms = std::set<pid_t>;

/// From here on, orphans among our descendants become our children.
void adopt_orphans();

/// If we are process 1 (a container without init): orphans do not stay as zombies. Only for a program that does not
/// wait for children.
void let_kernel_reap_orphans();

/// "NAME=value" for the environment of one program, a new one at each call. It identifies the processes that the
/// program starts, even after their parents have ended.
std::string make_process_tag();

/// This child, and the processes that it starts, do not count as orphans: the code that started it waits for it.
void exclude_from_orphans(pid_t pid);

/// Waits for each orphan that has ended. `leaders` are left alone.
void reap_orphans(const RunningPrograms& leaders);

/// Sends `signal` (0: none) to all processes that the program with `tag` has left behind, and returns their number. A
/// process that has cleared its environment is recognised by an ancestor that has not. Without such an ancestor it
/// counts for the last program: when no leader is left.
std::size_t signal_orphans(const std::string& tag, const RunningPrograms& leaders, int signal);

} // namespace tempfail::cli
