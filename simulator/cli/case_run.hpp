// One case of `tempfail test`: a server of its own, the sender's command, the verdict.
#pragma once

#include "cli/lab_hosts.hpp"
#include "cli/test_options.hpp"
#include "report/report.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace boost::asio {
class io_context;
class thread_pool;
} // namespace boost::asio

namespace tempfail::net {
class NameServer;
}

namespace tempfail::cli {

/// How a case ended.
struct CaseEnd {
  report::CaseResult result;
  bool aborted = false; ///< ended before its time: no verdict
  /// The sender opened no connection, and has not said that it does not do this.
  bool sender_never_connected = false;
  std::string command; ///< with everything filled in; empty: it was not run
  bool claimed_success =
      false; ///< the command claimed success where a retry was due: --queue may be what was meant
};

/// Where the hosts of a case are, and the names that lead to them.
struct CaseNetwork {
  net::NameServer* server = nullptr; ///< of the whole run; null: there is none
  std::size_t number = 0;            ///< of the scenario among those of the run, from 1
  std::optional<LabScenario> lab;    ///< in a lab of the case's own, which has a name server, too
};

class CaseRun {
 public:
  using Done = std::function<void(CaseEnd)>;

  /// `options` and the name server outlive the case. `report_directory` is absolute. `done` is called once, from the
  /// context. The verdict is found on one of `workers`, which end before the context does.
  CaseRun(boost::asio::io_context& context, boost::asio::thread_pool& workers,
          scenario::ScenarioPtr scenario, const TestOptions& options, CaseNetwork names,
          std::filesystem::path report_directory, Done done);
  /// Ends what is still running.
  ~CaseRun();
  CaseRun(const CaseRun&) = delete;
  CaseRun& operator=(const CaseRun&) = delete;

  /// `sender_came` is called at the sender's first connection, from the context; null: nobody asks.
  /// Throws CannotRun when the case's files or server can't be made.
  void start(std::function<void()> sender_came = nullptr);
  /// Ends the sender's processes and then the case, without a verdict.
  void abort();
  const scenario::Scenario& scenario() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace tempfail::cli
