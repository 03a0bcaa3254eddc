// Reports: options, expected failures, files.
#include "cli/report_options.hpp"

#include "cli/allowed.hpp"
#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/read_file.hpp"

#include <sstream>
#include <system_error>
#include <vector>

namespace tempfail::cli {

namespace {

namespace fs = std::filesystem;
using Writer = void (*)(const report::RunReport&, std::ostream&);

/// A report in one of its forms.
struct ReportFile {
  fs::path path;
  Writer writer;
};

/// All that is to be written.
std::vector<ReportFile> report_files(const ReportOptions& options) {
  std::vector<ReportFile> files;
  if (!options.directory.empty()) {
    const fs::path directory = options.directory;
    files.push_back({directory / "index.html", report::write_html});
    files.push_back({directory / "report.json", report::write_json});
    files.push_back({directory / "junit.xml", report::write_junit});
  }
  if (!options.junit.empty()) files.push_back({options.junit, report::write_junit});
  if (!options.json_report.empty()) files.push_back({options.json_report, report::write_json});
  if (!options.markdown.empty()) files.push_back({options.markdown, report::write_markdown});
  if (!options.new_expected_failures.empty())
    files.push_back({options.new_expected_failures, report::write_expected_failures});
  return files;
}

} // namespace

void add_report_options(CLI::App& parser, ReportOptions& options, const std::string& directory) {
  options.directory = directory;
  parser.add_flag("--strict", options.strict,
                  "A sender that breaks a SHOULD fails too, not only one that breaks a MUST.");
  parser.add_flag("--require-met", options.require_met,
                  "A case whose failure took no effect on the sender (not met) leaves the run "
                  "undecided: exit status 4.");
  parser
      .add_option(
          "--expected-failures", options.expected_failures,
          "What is known to fail: NAME[:RULE] [not-met|undecided] on a line, # begins the reason. "
          "NAME may be "
          "a family or a pattern (tls/*). "
          "A FAIL of that scenario (with RULE: of nothing else), or the answer that is named, "
          "does not count against the run; an ok does, so that the list stays true.")
      ->type_name("FILE");
  parser
      .add_option(
          "--report-dir", options.directory,
          directory.empty()
              ? "Write index.html, report.json and junit.xml into this directory."
              : "Where the reports go: index.html, report.json, junit.xml, and for each case "
                "its journal, the sender's output and the message. Cases of an earlier run that "
                "are not in this one are removed.")
      ->type_name("DIR")
      ->default_str(directory);
  parser.add_option("--junit", options.junit, "Write the JUnit XML to this file too.")
      ->type_name("FILE");
  parser
      .add_option("--json-report", options.json_report, "Write the JSON report to this file too.")
      ->type_name("FILE");
  parser
      .add_option(
          "--markdown", options.markdown,
          "Write a table of what did not end well to this file, in Markdown: for the summary of a "
          "CI job (GitHub: $GITHUB_STEP_SUMMARY).")
      ->type_name("FILE");
  parser
      .add_option("--annotations", options.annotations,
                  "Print what did not end well as lines that a CI server shows beside the commit.")
      ->type_name("github")
      ->check(one_of({"github"}));
  parser
      .add_option(
          "--write-expected-failures", options.new_expected_failures,
          "Write a file for --expected-failures that covers what did not end well, with what was "
          "seen as the reason: a first run's findings, to be worked off.")
      ->type_name("FILE");
  parser.add_flag("--json", options.json, "Print the JSON report instead of the table.");
  parser.add_flag("-v,--verbose", options.verbose,
                  "Say more: every rule that was judged, and each case as it ends.");
}

int exit_code_of(const report::RunReport& report) {
  switch (report.result()) {
  case report::RunResult::error: return exit_cannot_run;
  case report::RunResult::failed: return exit_failed;
  case report::RunResult::undecided: return exit_undecided;
  case report::RunResult::ok: break;
  }
  return exit_ok;
}

std::vector<Term> verdict_exit_codes() {
  std::vector<Term> terms =
      exit_codes("A case failed, or one that --expected-failures names is ok.");
  terms.back().meaning += " This comes before 1.";
  terms.push_back({"4",
                   "Nothing failed, and a case is undecided, or nothing was judged: no failure "
                   "took effect on the sender. With --require-met also: one did not."});
  return terms;
}

void prepare_report_files(const ReportOptions& options) {
  std::error_code error;
  if (!options.directory.empty()) fs::create_directories(options.directory, error);
  if (error) throw CannotRun(options.directory + ": " + error.message());
  for (const ReportFile& file : report_files(options))
    require_writable(file.path);
}

void write_report_files(const report::RunReport& report, const ReportOptions& options) {
  for (const ReportFile& file : report_files(options)) {
    std::ostringstream text;
    file.writer(report, text);
    write_file(file.path, text.str());
  }
}

void print_report(const report::RunReport& report, const ReportOptions& options, Output& out) {
  std::ostringstream text;
  if (options.json) {
    report::write_json(report, text);
  } else {
    const report::TextStyle style{out.colour(), options.verbose, out.width(), out.is_terminal()};
    report::write_text(report, style, text);
  }
  if (!options.annotations.empty() && !options.json) report::write_annotations(report, text);
  out.write(text.str());
}

} // namespace tempfail::cli
