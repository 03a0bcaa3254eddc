// The journal of all servers of a run that share one, as one of them reads it.
#pragma once

#include "journal/reader.hpp"

#include <functional>
#include <stop_token>
#include <string_view>

namespace tempfail::control {

class RunJournal {
 public:
  virtual ~RunJournal() = default;

  /// Calls `then` once what this server has recorded so far is in it, or can't be: on the loop, perhaps before this
  /// returns.
  virtual void when_written(std::function<void()> then) = 0;
  /// All of it. Takes seconds while other servers run, because it waits for what they have not written yet: on a thread
  /// of its own. Throws std::exception where it can't be read, or where somebody asked it to stop.
  virtual journal::Journal read(std::stop_token stop) = 0;
};

/// The numbers of messages are a server's own, and the journal of a run has those of all its servers: Refusal of a
/// handover that has no id, where there is such a journal.
void require_own_id(const RunJournal* run, std::string_view id);

/// Likewise of marks: Refusal of a verdict that begins at one.
void require_own_marks(const RunJournal* run);

} // namespace tempfail::control
