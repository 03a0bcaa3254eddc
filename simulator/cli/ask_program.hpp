// A short program that is asked something: whether a thing is there, which version it is.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace tempfail::cli {

struct ProgramAnswer {
  int status = 127;   ///< exit status; 128 + the signal's number; 127: it could not be started
  std::string output; ///< what it printed, at most 64 KB
};

/// Runs it to its end, or for as long as `limit` and then no longer. `environment` is in addition to our own.
ProgramAnswer ask_program(const std::vector<std::string>& arguments,
                          const std::vector<std::string>& environment,
                          std::chrono::milliseconds limit);

} // namespace tempfail::cli
