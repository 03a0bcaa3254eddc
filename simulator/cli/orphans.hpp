// Processes that a program of the user's leaves behind, whatever session or group they went to.
//
// Linux gives a process that loses its parent to the nearest ancestor that has asked for it. We ask: so nothing that a
// program starts leaves our tree of processes, and where process 1 reaps nobody (a container without an init), we do.
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include <sys/types.h>

namespace tempfail::cli {

/// The programs that run: our own children, which others wait for.
using Leaders = std::set<pid_t>;

/// From here on, orphans among our descendants become our children.
void take_in_orphans();

/// Where we are process 1 (a container without an init): nobody's orphans stay as zombies. Only for a program that has
/// no children of its own to wait for.
void let_orphans_go();

/// "NAME=value" for the environment of one program, another one at each call: by it, what the program starts is known
/// even after its parents have ended.
std::string make_mark();

/// This child of ours is none of what programs leave behind, nor is what it starts: whoever started it waits for it.
void keep_as_ours(pid_t pid);

/// Waits for each orphan that has ended. `leaders` are left alone.
void reap_orphans(const Leaders& leaders);

/// Sends `signal` (0: none) to all that the program with `mark` has left behind, and returns how many those are. A
/// process that has cleared its environment is known by an ancestor that has not; without one, it belongs to the
/// program that is asked about last: when no leader is left.
std::size_t signal_orphans(const std::string& mark, const Leaders& leaders, int signal);

} // namespace tempfail::cli
