// Reports: options, expected failures, files.
#include "cli/report_options.hpp"

#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/read_file.hpp"

#include <sstream>
#include <system_error>
#include <vector>

namespace tempfail::cli {

namespace {

namespace fs = std::filesystem;
using Writer = void (*)(const verdict::RunReport&, std::ostream&);

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
    files.push_back({directory / "index.html", verdict::write_html});
    files.push_back({directory / "report.json", verdict::write_json});
    files.push_back({directory / "junit.xml", verdict::write_junit});
  }
  if (!options.junit.empty()) files.push_back({options.junit, verdict::write_junit});
  if (!options.json_report.empty()) files.push_back({options.json_report, verdict::write_json});
  return files;
}

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

} // namespace

void add_report_options(CLI::App& parser, ReportOptions& options, const std::string& directory) {
  options.directory = directory;
  parser.add_flag("--strict", options.strict,
                  "A sender that breaks a SHOULD fails too, not only one that breaks a MUST.");
  parser
      .add_option(
          "--expected-failures", options.expected_failures,
          "Names of scenarios that are known to fail, one a line, # begins a comment. They "
          "don't fail the run; one that passes after all does, so that the list stays true.")
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
  parser.add_flag("--json", options.json, "Print the JSON report instead of the table.");
  parser.add_flag("-v,--verbose", options.verbose,
                  "Say more: every rule that was judged, and each case as it ends.");
}

std::set<std::string> read_expected_failures(const std::string& file,
                                             const scenario::Catalogue& catalogue) {
  std::set<std::string> names;
  if (file.empty()) return names;
  std::istringstream lines(read_file(file));
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::string name = trimmed(std::string_view(line).substr(0, line.find('#')));
    if (name.empty()) continue;
    const scenario::ScenarioPtr scenario = catalogue.find(name);
    if (!scenario) {
      throw UsageError(file + ":" + std::to_string(number) + ": no scenario is called " + name +
                       suggestion(catalogue, name));
    }
    names.insert(scenario->name);
  }
  return names;
}

void prepare_report_files(const ReportOptions& options) {
  std::error_code error;
  if (!options.directory.empty()) fs::create_directories(options.directory, error);
  if (error) throw CannotRun(options.directory + ": " + error.message());
  for (const ReportFile& file : report_files(options))
    require_writable(file.path);
}

void write_report_files(const verdict::RunReport& report, const ReportOptions& options) {
  for (const ReportFile& file : report_files(options)) {
    std::ostringstream text;
    file.writer(report, text);
    write_file(file.path, text.str());
  }
}

void print_report(const verdict::RunReport& report, const ReportOptions& options, Output& out) {
  std::ostringstream text;
  if (options.json) {
    verdict::write_json(report, text);
  } else {
    const verdict::TextStyle style{out.colour(), options.verbose, out.width()};
    verdict::write_text(report, style, text);
  }
  out.write(text.str());
}

} // namespace tempfail::cli
