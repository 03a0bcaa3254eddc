// A clock that runs faster, for programs that know the real one alone: libfaketime's (package faketime).
//
// All that is started with its environment sees the same clock, as long as this lives: a mail server's processes of
// different age agree on the time, and so do mail servers of cases side by side.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace tempfail::cli {

class FastClock {
 public:
  /// Begins at the present moment, and runs `factor` times as fast. CannotRun when libfaketime is not there, or does
  /// not do what it should.
  explicit FastClock(unsigned factor);
  ~FastClock();
  FastClock(const FastClock&) = delete;
  FastClock& operator=(const FastClock&) = delete;

  /// For the environment of a program that is to see this clock, "NAME=value".
  const std::vector<std::string>& environment() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// N of --clock fast=N; UsageError where `text` is something else.
unsigned clock_factor(const std::string& text);

} // namespace tempfail::cli
