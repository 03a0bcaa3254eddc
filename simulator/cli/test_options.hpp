// The options of `test`, and its manual.
#pragma once

#include "cli/catalogue_options.hpp"
#include "cli/exit_map.hpp"
#include "cli/narrowing.hpp"
#include "cli/report_options.hpp"
#include "cli/run_options.hpp"
#include "cli/sender_options.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tempfail::cli {

struct TestOptions {
  CatalogueOptions catalogue;
  RunOptions run;
  ReportOptions report;
  std::vector<std::string> patterns;
  Narrowing narrowing;
  std::vector<std::string> command; ///< behind `--`, or of the sender that was chosen
  SenderChoice sender;
  std::vector<std::string> environment; ///< of the command, "NAME=value", besides its placeholders
  /// What it and all that it left behind have to end between SIGTERM and SIGKILL, real time.
  std::chrono::milliseconds grace = std::chrono::seconds(2);
  unsigned jobs = 0;           ///< 0: as many as there are cores, of a queue four times that
  double timeout_seconds = 60; ///< real time, of one run of the command
  std::string watch;           ///< protocol time; empty: as the scenario says
  /// How long a queue is watched on once everything is settled, protocol time; empty: as the program says, or
  /// to the end of --watch-time where that was given.
  std::string settle_time;
  std::string clock; ///< "fast=600": the sender's own clock is so fast; empty: it is the real one
  bool queue = false;
  bool passes_clock_on = false; ///< the command gives a fast clock on itself
  bool ends_when_empty =
      false; ///< with queue: what the command leaves behind ends once its queue is empty
  std::optional<std::uint16_t> port; ///< of all hosts; with --dns only
  bool dry_run = false;
  bool keep_going = false; ///< run all, though the sender connects to nothing
  unsigned messages = 1; ///< that a run of the command is given, where the scenario asks for fewer
  std::vector<std::string> exits; ///< the values of --exit
  ExitMap exit_map;               ///< what they say
  bool lab = false;               ///< every case in a sealed network of its own
};

void add_test_options(CLI::App& parser, TestOptions& options);
Manual test_manual();

} // namespace tempfail::cli
