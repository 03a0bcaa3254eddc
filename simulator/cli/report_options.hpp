// What `test` and `judge` share: how verdicts are counted, and where the reports go.
#pragma once

#include "cli/command.hpp"
#include "report/report.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tempfail::cli {

struct ReportOptions {
  bool strict = false;
  bool require_met = false;
  bool json = false;
  bool verbose = false;
  std::string expected_failures;
  std::string junit;
  std::string json_report;
  std::string markdown;              ///< file for the summary of a CI job; empty: none
  std::string annotations;           ///< "github"; empty: none
  std::string new_expected_failures; ///< file for --expected-failures of later runs; empty: none
  std::string directory;
};

/// Adds --strict, --require-met, --expected-failures, --report-dir, --junit, --json-report, --json and --verbose.
/// `directory` is the default of --report-dir; empty: no reports unless asked for.
void add_report_options(CLI::App& parser, ReportOptions& options, const std::string& directory);

/// The exit status of a run: 3 before 1 before 4 before 0.
int exit_code_of(const report::RunReport& report);
/// What the exit statuses of `test` and `judge` mean, for their manuals.
std::vector<Term> verdict_exit_codes();

/// Makes the report directory, and finds out whether every report file can be written; CannotRun when one
/// can't. To be called before the work whose result would be lost.
void prepare_report_files(const ReportOptions& options);
/// Writes index.html, report.json and junit.xml into the directory, and the files asked for by name.
void write_report_files(const report::RunReport& report, const ReportOptions& options);
/// Prints the report as text, or as JSON.
void print_report(const report::RunReport& report, const ReportOptions& options,
                  StandardStream& out);

} // namespace tempfail::cli
