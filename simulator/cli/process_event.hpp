// The sender's process as events of the journal: what started, and how it ended.
#pragma once

#include "cli/process.hpp"
#include "journal/event.hpp"

#include <string>
#include <vector>

namespace tempfail::cli {

/// Keeps the texts that its events point into.
class ProcessEvent {
 public:
  /// `handovers`: the ids of what it is given, with blanks between.
  ProcessEvent(const std::vector<std::string>& arguments, std::string handovers);

  journal::event::Process started() const;
  journal::event::Process ended(const ProcessExit& exit) const;

 private:
  std::string command_;
  std::string handovers_;
};

} // namespace tempfail::cli
