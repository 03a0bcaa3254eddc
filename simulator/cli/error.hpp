// The two errors a subcommand ends with. Their text is one line, shown behind "tempfail NAME: ".
#pragma once

#include <stdexcept>
#include <string>

namespace tempfail::cli {

/// The user asked for something that can't be understood or isn't there: exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The system did not let the program do it: exit code 3.
class CannotRun : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

} // namespace tempfail::cli
