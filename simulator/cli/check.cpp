// tempfail check: finds the mistakes in scenario files.
#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/read_file.hpp"
#include "cli/scenario_json.hpp"
#include "scenario/loader.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

namespace tempfail::cli {

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct CheckOptions {
  std::vector<std::string> files;
  bool json = false;
  bool schema = false;
};

/// The *.yaml files that stand directly in `directory`, sorted.
std::vector<std::string> scenario_files(const fs::path& directory) {
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory))
    if (entry.is_regular_file() && entry.path().extension() == ".yaml")
      files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

/// The files themselves; for a directory those of its families (DIR/FAMILY/NAME.yaml), or where it has
/// none, its own.
std::vector<std::string> expand(const std::vector<std::string>& arguments) {
  std::vector<std::string> files;
  for (const std::string& argument : arguments) {
    if (!fs::is_directory(argument)) {
      files.push_back(argument);
      continue;
    }
    std::vector<std::string> below;
    for (const fs::directory_entry& entry : fs::directory_iterator(argument)) {
      if (!entry.is_directory()) continue;
      const std::vector<std::string> family = scenario_files(entry.path());
      below.insert(below.end(), family.begin(), family.end());
    }
    if (below.empty()) below = scenario_files(argument);
    if (below.empty()) throw UsageError(argument + ": no *.yaml file in this directory");
    std::sort(below.begin(), below.end());
    files.insert(files.end(), below.begin(), below.end());
  }
  return files;
}

Json to_json(const std::string& file, const scenario::LoadResult& result) {
  Json mistakes = Json::array();
  for (const scenario::Mistake& mistake : result.mistakes)
    mistakes.push_back({{"line", mistake.at.line},
                        {"column", mistake.at.column},
                        {"what", mistake.what},
                        {"allowed", mistake.allowed}});
  Json entry = {{"file", file}, {"ok", result.mistakes.empty()}};
  if (result.scenario) entry["scenario"] = result.scenario->id();
  entry["mistakes"] = std::move(mistakes);
  return entry;
}

int check(const CheckOptions& options, Output& out) {
  if (options.schema) {
    out.write(scenario::embedded_schema());
    return exit_ok;
  }
  if (options.files.empty())
    throw UsageError("a scenario file is needed (see tempfail check --help)");
  Json array = Json::array();
  std::string text;
  std::size_t wrong = 0;
  for (const std::string& file : expand(options.files)) {
    const scenario::LoadResult result = scenario::load_scenario(read_file(file), file);
    if (!result.mistakes.empty()) ++wrong;
    if (options.json) array.push_back(to_json(file, result));
    for (const scenario::Mistake& mistake : result.mistakes)
      text += mistake.to_string() + '\n';
    if (result.mistakes.empty()) text += file + ": " + out.styled(Style::green, "ok") + '\n';
  }
  out.write(options.json ? dump(array) : text);
  return wrong == 0 ? exit_ok : exit_failed;
}

Manual check_manual() {
  Manual manual;
  manual.name = "check";
  manual.summary = "find the mistakes in scenario files";
  manual.synopsis = "[OPTIONS] FILE|DIR...";
  manual.description = {
      "Reads scenario files and reports all their mistakes at once, each on a line as "
      "\"file:line:column: what is wrong; allowed: what may stand there\", which editors can "
      "jump to. A directory stands for the scenarios in it, DIR/FAMILY/NAME.yaml."};
  manual.exit_codes = exit_codes("A file has mistakes.");
  manual.environment = common_environment();
  manual.examples = {{"Check a file of your own", "tempfail check mine/disk/my-disk.yaml"},
                     {"Check a whole catalogue, for a script", "tempfail check --json mine"},
                     {"Let an editor complete and check while you write",
                      "tempfail check --schema > scenario.schema.json"}};
  return manual;
}

} // namespace

Command make_check() {
  auto options = std::make_shared<CheckOptions>();
  Command command;
  command.manual = check_manual();
  command.add_options = [options](CLI::App& parser) {
    parser.add_option("FILE", options->files);
    parser.add_flag("--json", options->json, "Print JSON: an array of objects, one for each file.");
    parser.add_flag("--schema", options->schema,
                    "Print the JSON Schema of scenario files instead.");
  };
  command.run = [options](Invocation& invocation) { return check(*options, invocation.out); };
  return command;
}

} // namespace tempfail::cli
