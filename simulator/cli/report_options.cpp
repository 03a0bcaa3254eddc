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
                  "A broken SHOULD fails a case, as a broken MUST does.");
  parser.add_flag("--require-met", options.require_met,
                  "A case that is not met (the failure had no effect on the sender) makes the run "
                  "undecided: exit status 4.");
  parser
      .add_option("--expected-failures", options.expected_failures,
                  "A file with a known failure on each line: NAME[:RULE] [not-met|undecided] # "
                  "REASON. NAME is a scenario, a family or a glob (tls/*). A listed scenario may "
                  "FAIL without failing the run; with RULE, only that rule may be broken; with "
                  "not-met or undecided, it may have that answer instead. If a scenario that is "
                  "listed by its own name passes, the run fails, so that the list stays current.")
      ->type_name("FILE");
  parser
      .add_option("--report-dir", options.directory,
                  directory.empty()
                      ? "Write index.html, report.json and junit.xml into this directory."
                      : "Directory of the reports: index.html, report.json, junit.xml, and for "
                        "each case its journal, the sender's output and the message. Files of "
                        "cases that only an earlier run had are deleted.")
      ->type_name("DIR")
      ->default_str(directory);
  parser.add_option("--junit", options.junit, "Write the JUnit XML to this file too.")
      ->type_name("FILE");
  parser
      .add_option("--json-report", options.json_report, "Write the JSON report to this file too.")
      ->type_name("FILE");
  parser
      .add_option("--markdown", options.markdown,
                  "Write a Markdown table of the cases that did not pass to this file, for the "
                  "summary of a CI job (GitHub: $GITHUB_STEP_SUMMARY).")
      ->type_name("FILE");
  parser
      .add_option(
          "--annotations", options.annotations,
          "Print the cases that did not pass as lines that a CI server shows beside the commit.")
      ->type_name("github")
      ->check(one_of({"github"}));
  parser
      .add_option("--write-expected-failures", options.new_expected_failures,
                  "Write a file for --expected-failures that lists every case that did not pass, "
                  "each with its finding as the reason: a starting point after a first run.")
      ->type_name("FILE");
  parser.add_flag("--json", options.json, "Print the JSON report instead of the table.");
  parser.add_flag("-v,--verbose", options.verbose,
                  "Print every rule that was judged, and a line when a case ends.");
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
      exit_codes("A case failed, or a case listed in --expected-failures passed.");
  terms.back().meaning += " This status takes precedence over 1.";
  terms.push_back(
      {"4", "No case failed, but a case is undecided, or nothing was judged because no failure had "
            "an effect on the sender. With --require-met also if a case is not met."});
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

void print_report(const report::RunReport& report, const ReportOptions& options,
                  StandardStream& out) {
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
