// One case of `tempfail test`: a server of its own, the sender's command, the verdict.
#pragma once

#include "cli/test_options.hpp"
#include "verdict/report.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
class thread_pool;
} // namespace boost::asio

namespace tempfail::cli {

/// How a case ended.
struct CaseEnd {
  verdict::CaseResult result;
  bool aborted = false; ///< ended before its time: no verdict
  bool gave_up =
      false; ///< the command claimed success where a retry was due: --queue may be what was meant
};

class CaseRun {
 public:
  using Done = std::function<void(CaseEnd)>;

  /// `options` outlives the case. `number` is its own in the run, from 0. `report_directory` is absolute. `done` is
  /// called once, from the context. The verdict is found on one of `workers`, which end before the context does.
  CaseRun(boost::asio::io_context& context, boost::asio::thread_pool& workers,
          scenario::ScenarioPtr scenario, const TestOptions& options, std::size_t number,
          std::filesystem::path report_directory, Done done);
  /// Ends what is still running.
  ~CaseRun();
  CaseRun(const CaseRun&) = delete;
  CaseRun& operator=(const CaseRun&) = delete;

  /// Throws CannotRun when the case's files or server can't be made.
  void start();
  /// Ends the sender's processes and then the case, without a verdict.
  void abort();
  const scenario::Scenario& scenario() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace tempfail::cli
