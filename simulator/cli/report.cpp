// tempfail report: reports of earlier runs compared with each other, or joined into one.
#include "cli/case_plan.hpp"
#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/read_file.hpp"
#include "cli/report_options.hpp"
#include "cli/stale_cases.hpp"
#include "report/compare.hpp"
#include "report/merge.hpp"
#include "report/read.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <sstream>
#include <system_error>

namespace tempfail::cli {

namespace {

namespace fs = std::filesystem;

struct ReportCommandOptions {
  std::vector<std::string> words; ///< what to do, and the reports
  ReportOptions report;           ///< of which `directory` is where a merged one goes
  bool incomplete = false;
};

/// The JSON report at a path that may be its file, or the directory that it is in.
fs::path report_file(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error) ? path / "report.json" : path;
}

report::NamedReport read_report(const std::string& path) {
  const fs::path file = report_file(path);
  try {
    return {file.string(), report::read_json(read_file(file))};
  } catch (const report::BadReport& bad) {
    throw UsageError(file.string() + " " + bad.what());
  }
}

int compare(const ReportCommandOptions& options, const std::vector<std::string>& paths,
            StandardStream& out) {
  if (paths.size() != 2)
    throw UsageError("compare needs two reports: tempfail report compare OLD NEW");
  if (!options.report.directory.empty() || !options.report.junit.empty() ||
      !options.report.json_report.empty() || options.incomplete)
    throw UsageError("-o, --junit, --json-report and --incomplete are options of merge");
  const report::NamedReport before = read_report(paths.front());
  const report::NamedReport after = read_report(paths.back());
  if (!options.report.markdown.empty()) require_writable(options.report.markdown);
  const report::Comparison comparison =
      report::compare(before.report, after.report, options.report.strict);
  std::ostringstream text;
  if (options.report.json)
    report::write_json(comparison, text);
  else
    report::write_text(
        comparison, {out.colour(), options.report.verbose, out.width(), out.is_terminal()}, text);
  out.write(text.str());
  if (!options.report.markdown.empty()) {
    std::ostringstream table;
    report::write_markdown(comparison, table);
    write_file(options.report.markdown, table.str());
  }
  return comparison.got_worse() ? exit_failed : exit_ok;
}

/// A scenario's name is that of a folder, wherever the report came from.
bool is_folder_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

/// The files of a case, from the report that it is in to the merged one. What is not there (some keep the JSON alone)
/// is not linked to.
void bring_files(const fs::path& from, const fs::path& to, report::CaseResult& result) {
  const std::string& name = result.verdict.scenario;
  std::error_code error;
  const fs::path folder = fs::path(cases_folder) / name;
  if (is_folder_name(name) && fs::is_directory(from / folder, error)) {
    fs::remove_all(to / folder, error);
    fs::create_directories((to / folder).parent_path(), error);
    fs::copy(from / folder, to / folder,
             fs::copy_options::recursive | fs::copy_options::skip_symlinks, error);
    if (error) throw CannotRun((to / folder).string() + ": " + error.message());
  }
  for (std::string* const file : {&result.journal_file, &result.output_file})
    if (!is_folder_name(name) || fs::path(*file).parent_path() != folder ||
        !fs::is_regular_file(to / *file, error))
      file->clear();
  std::erase_if(result.mail_files, [&](const std::string& file) {
    return !is_folder_name(name) || fs::path(file).parent_path() != folder ||
           !fs::is_regular_file(to / file, error);
  });
}

void check_output(const std::vector<std::string>& paths, const fs::path& output) {
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::equivalent(report_file(path).parent_path(), output, error))
      throw UsageError("-o " + output.string() + " is where one of the reports is");
  }
}

int merge(ReportCommandOptions& options, const std::vector<std::string>& paths,
          StandardStream& out) {
  if (paths.empty()) throw UsageError("merge needs reports: tempfail report merge DIR... -o DIR");
  if (options.report.directory.empty())
    throw UsageError("merge needs a directory for the report: -o DIR");
  if (options.report.strict) throw UsageError("--strict is an option of compare");
  check_output(paths, options.report.directory);
  std::vector<report::NamedReport> parts;
  for (const std::string& path : paths)
    parts.push_back(read_report(path));
  report::RunReport whole;
  try {
    whole = report::merge(parts, options.incomplete);
  } catch (const report::CanNotMerge& error) {
    throw UsageError(error.what());
  }
  prepare_report_files(options.report);
  remove_stale_cases(options.report.directory, {});
  for (report::CaseResult& result : whole.cases) {
    const auto is_from = [&result](const report::NamedReport& part) {
      return std::any_of(part.report.cases.begin(), part.report.cases.end(),
                         [&result](const report::CaseResult& one) {
                           return one.verdict.scenario == result.verdict.scenario;
                         });
    };
    const auto part = std::find_if(parts.begin(), parts.end(), is_from);
    bring_files(fs::path(part->name).parent_path(), options.report.directory, result);
  }
  write_report_files(whole, options.report);
  print_report(whole, options.report, out);
  if (!options.report.json)
    out.write("\nReport: " + (fs::path(options.report.directory) / "index.html").string() + '\n');
  return exit_code_of(whole);
}

int run_report(ReportCommandOptions& options, Invocation& invocation) {
  const std::string& action = options.words.front();
  const std::vector<std::string> paths(options.words.begin() + 1, options.words.end());
  if (action == "compare") return compare(options, paths, invocation.out);
  if (action == "merge") return merge(options, paths, invocation.out);
  throw UsageError("unknown action " + action + "; allowed: compare, merge");
}

Manual report_manual() {
  Manual manual;
  manual.name = "report";
  manual.summary = "compare two reports, or merge those of several machines";
  manual.synopsis = "compare OLD NEW | merge REPORT... -o DIR";
  manual.description = {
      "Works on reports that tempfail test wrote: each is named by its directory, or by its JSON "
      "file (report.json).",
      "compare says which scenarios have another answer in the new report, which rules are broken "
      "now and were kept before or the other way round, and which scenarios are new or gone. A "
      "scenario got worse if it counts against the run now and did not before, or if a rule "
      "decides against it now that did not before; then the exit status is 1.",
      "merge combines the reports of a run that was shared among machines (tempfail test --shard "
      "1/3) into one: index.html, report.json and junit.xml, with the files of the cases if they "
      "exist. Parts with different senders, commands or settings, a case that is in two parts, "
      "and a missing part are errors. The exit status is that of the whole run."};
  manual.exit_codes = verdict_exit_codes();
  manual.exit_codes[1].meaning = "compare: something got worse. merge: a case failed.";
  manual.environment = common_environment();
  manual.examples = {
      {"Show the effect of a change of the sender",
       "tempfail report compare before/ tempfail-report/"},
      {"The same for the summary of a CI job",
       "tempfail report compare main.json tempfail-report --markdown summary.md"},
      {"Three machines, one report", "tempfail report merge part-1 part-2 part-3 -o whole"}};
  return manual;
}

void add_options(CLI::App& parser, ReportCommandOptions& options) {
  parser.add_option("WORD", options.words)->required();
  parser
      .add_option("-o,--output", options.report.directory,
                  "merge: the directory of the new report. An earlier report there is replaced.")
      ->type_name("DIR");
  parser.add_flag(
      "--incomplete", options.incomplete,
      "merge: make a report even if a part is missing. The report says so, and the run is "
      "undecided.");
  parser.add_flag("--strict", options.report.strict,
                  "compare: a newly broken SHOULD counts as worse, too.");
  parser.add_flag("--json", options.report.json, "Print JSON instead of text.");
  parser
      .add_option(
          "--markdown", options.report.markdown,
          "Write a Markdown table of the changes (merge: of the cases that did not pass) to "
          "this file, for the summary of a CI job.")
      ->type_name("FILE");
  parser
      .add_option("--junit", options.report.junit, "merge: write the JUnit XML to this file too.")
      ->type_name("FILE");
  parser
      .add_option("--json-report", options.report.json_report,
                  "merge: write the JSON report to this file too.")
      ->type_name("FILE");
  parser.add_flag("-v,--verbose", options.report.verbose,
                  "merge: print more: every rule that was judged.");
}

} // namespace

Command make_report() {
  auto options = std::make_shared<ReportCommandOptions>();
  Command command;
  command.manual = report_manual();
  command.add_options = [options](CLI::App& parser) { add_options(parser, *options); };
  command.run = [options](Invocation& invocation) { return run_report(*options, invocation); };
  return command;
}

} // namespace tempfail::cli
