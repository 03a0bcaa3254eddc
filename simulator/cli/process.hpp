// A program of the user's: started in a session and process group of its own, its output kept,
// ended with everything it started.
#pragma once

#include "journal/event.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace tempfail::lab {
class SenderSide;
}

namespace tempfail::cli {

class OutputFile;

struct ProcessOptions {
  std::vector<std::string> arguments;   ///< the program (looked up in PATH) and its arguments
  std::vector<std::string> environment; ///< "NAME=value", in addition to the program's own
  /// Keeps standard output and error. Null: the program has our terminal, standard input included, and stays in our
  /// session and process group.
  std::shared_ptr<OutputFile> output;
  /// Called once, from the io_context, when nothing that could print into `output` is left: the program has ended, and
  /// so has all that it left behind and that kept its output.
  std::function<void()> on_output_end{};
  const lab::SenderSide* lab_side = nullptr; ///< where it runs; null: here. Outlives the process.
  std::chrono::milliseconds timeout{};       ///< real time; 0: none
  std::chrono::milliseconds grace = std::chrono::seconds(2); ///< between SIGTERM and SIGKILL
};

struct ProcessExit {
  int code = 0; ///< 128 + the signal's number when a signal ended it
  journal::event::ProcessEnd ended = journal::event::ProcessEnd::itself; ///< who ended it
  /// Processor time of the program and of what it started and waited for: more the kernel does not tell.
  std::chrono::microseconds user{};
  std::chrono::microseconds system{};
};

/// One running program. Unless it has our terminal its standard input is /dev/null, and it has no controlling one.
class Process {
 public:
  using ExitHandler = std::function<void(const ProcessExit&)>;

  /// Throws std::system_error when it can't be started. `on_exit` is called once, from the
  /// io_context.
  Process(boost::asio::io_context& context, ProcessOptions options, ExitHandler on_exit);
  /// Ends with SIGKILL whatever is left of it.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// SIGTERM to the whole group, after the grace SIGKILL. `who` stands in the exit; the first call counts, as does
  /// the time-out.
  void terminate(journal::event::ProcessEnd who);
  /// After the exit: ends what the program left behind, in its group or elsewhere (SIGTERM, after the grace
  /// SIGKILL), then calls `done`: also when something survives SIGKILL for some seconds.
  void end_group(std::function<void()> done);

  int pid() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace tempfail::cli
