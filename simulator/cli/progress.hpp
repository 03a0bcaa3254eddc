// What `tempfail test` shows while it runs: a live line on a terminal, plain lines with -v elsewhere.
#pragma once

#include "cli/estimate.hpp"
#include "cli/terminal.hpp"
#include "report/report.hpp"

#include <array>
#include <chrono>
#include <string>
#include <vector>

namespace tempfail::cli {

class Progress {
 public:
  /// Says how long it may take, where there is a line that is drawn over, or with -v.
  Progress(StandardStream& err, std::size_t total, bool verbose, Estimate estimate);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void started(const std::string& name);
  void ended(const std::string& name, report::CaseStatus status, double seconds);
  /// A line above the live one.
  void say(const std::string& line);
  /// Takes the live line away.
  void clear();

 private:
  void draw();

  StandardStream& err_;
  std::size_t total_;
  bool verbose_;
  Estimate estimate_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::size_t ended_ = 0;
  std::array<std::size_t, report::case_status_count> counts_{};
  std::vector<std::string> running_;
  bool drawn_ = false;
};

} // namespace tempfail::cli
