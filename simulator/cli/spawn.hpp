// The one place where programs of the user's are started: outside, or on the sender's side of a lab.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace tempfail::lab {
class SenderSide;
}

namespace tempfail::cli {

struct SpawnRequest {
  std::vector<std::string> arguments;   ///< the program (looked up in PATH) and its arguments
  std::vector<std::string> environment; ///< "NAME=value", in addition to the program's own
  int output = -1; ///< what it prints to; -1: it shares our terminal, and our session
  const lab::SenderSide* lab_side = nullptr; ///< where it runs; null: here
};

/// Starts the program as our child. Unless it shares our terminal its standard input is /dev/null, and it has a
/// session and process group of its own. It is killed when the thread that calls this ends. Nothing else of ours is
/// open in it, and no signal is blocked or ignored. Throws std::system_error.
pid_t spawn(const SpawnRequest& request);

} // namespace tempfail::cli
