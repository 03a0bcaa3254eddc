// Looks at a server's journal away from the loop that its sessions run on: what was tried, and the verdict.
#pragma once

#include "control/memory_journal.hpp"
#include "control/run_journal.hpp"
#include "control/values.hpp"
#include "scenario/model.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
class thread_pool;
} // namespace boost::asio

namespace tempfail::control {

/// A mark, and where in the journal it is.
struct MarkPosition {
  std::string label;
  std::uint64_t position = 0;
};

/// One for each server. Reads on in its journal on one of the workers at a time, and answers on the loop.
class JournalExaminer {
 public:
  /// `loop` and `workers` outlive what was asked for; `loop` outlives `workers`. `version`: of the program.
  /// `run`: where verdicts and dialogues are read from, in place of the own journal; null: nowhere. It outlives
  /// `workers`.
  JournalExaminer(boost::asio::io_context& loop, boost::asio::thread_pool& workers,
                  std::vector<scenario::ScenarioPtr> scenarios, std::string version,
                  RunJournal* run);
  ~JournalExaminer();
  JournalExaminer(const JournalExaminer&) = delete;
  JournalExaminer& operator=(const JournalExaminer&) = delete;

  /// Those that are looked for from here on.
  void set_scenarios(std::vector<scenario::ScenarioPtr> scenarios);

  using Tries = std::shared_ptr<const std::vector<TryView>>;
  /// All tries at messages by what is in the journal now, in the order in which they began.
  void tries(const MemoryJournal& journal, std::function<void(Tries)> answer);

  /// The judge's report as `tempfail judge` has it; begins at `since`, where that is not null, and there is no run. A
  /// journal that can't be read or judged is the report's trouble.
  void verdict(const MemoryJournal& journal, const VerdictRequest& request,
               const MarkPosition* since, std::function<void(std::string report)> answer);

  /// What was said in all sessions, as `tempfail log` prints it.
  void dialogue(const MemoryJournal& journal, std::function<void(std::string text)> answer);

 private:
  struct Bench;
  std::shared_ptr<Bench> bench_; ///< what the worker needs; it may outlive this
  std::size_t read_ = 0;         ///< bytes of the journal that were given to the bench
  RunJournal* run_;
};

} // namespace tempfail::control
