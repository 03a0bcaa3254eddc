// What `tempfail test` shows while it runs: a live line on a terminal, plain lines with -v elsewhere.
#pragma once

#include "cli/terminal.hpp"
#include "report/report.hpp"

#include <array>
#include <string>
#include <vector>

namespace tempfail::cli {

class Progress {
 public:
  Progress(Output& err, std::size_t total, bool verbose)
      : err_(err), total_(total), verbose_(verbose) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void started(const std::string& name);
  void ended(const std::string& name, report::Count count, double seconds);
  /// A line above the live one.
  void say(const std::string& line);
  /// Takes the live line away.
  void clear();

 private:
  void draw();

  Output& err_;
  std::size_t total_;
  bool verbose_;
  std::size_t ended_ = 0;
  std::array<std::size_t, report::count_kinds> counts_{};
  std::vector<std::string> running_;
  bool drawn_ = false;
};

} // namespace tempfail::cli
