// tempfail check: finds the mistakes in scenario files.
#include "base/printable.hpp"
#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/mix_file.hpp"
#include "cli/read_file.hpp"
#include "cli/scenario_json.hpp"
#include "scenario/directory.hpp"
#include "scenario/document.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

namespace tempfail::cli {

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;
using scenario::ScenarioFile;

struct CheckOptions {
  CatalogueOptions catalogue; ///< of mixes
  std::vector<std::string> files;
  bool mix = false;
  bool json = false;
  bool schema = false;
};

/// The files themselves; for a directory those that --scenarios reads from it.
std::vector<ScenarioFile> load(const std::vector<std::string>& arguments) {
  std::vector<ScenarioFile> files;
  for (const std::string& argument : arguments) {
    if (!fs::is_directory(argument)) {
      // A byte more than may be: the loader says that it is too long.
      const std::string text = read_file(argument, scenario::document_size_limit + 1);
      files.push_back({argument, scenario::load_scenario(text, argument)});
      continue;
    }
    scenario::DirectoryContent content = scenario::load_directory(argument);
    if (content.mistake) throw UsageError(content.mistake->to_string());
    std::move(content.files.begin(), content.files.end(), std::back_inserter(files));
  }
  return files;
}

/// A file, and what is wrong with it.
struct Checked {
  std::string file;
  std::string scenario; ///< its id; empty: there is none
  std::vector<scenario::Mistake> mistakes;
};

std::vector<Checked> check_files(const CheckOptions& options) {
  std::vector<Checked> checked;
  if (options.mix) {
    const scenario::Catalogue catalogue = load_catalogue(options.catalogue);
    for (const std::string& file : options.files)
      checked.push_back(
          {file, "", scenario::read_mix(read_mix_file(file), file, catalogue.all()).mistakes});
    return checked;
  }
  if (!options.catalogue.directories.empty())
    throw UsageError("--scenarios needs --mix: a scenario file is checked by itself");
  for (ScenarioFile& one : load(options.files))
    checked.push_back({one.file, one.loaded.scenario ? one.loaded.scenario->id() : "",
                       std::move(one.loaded.mistakes)});
  return checked;
}

Json checked_json(const Checked& result) {
  Json mistakes = Json::array();
  for (const scenario::Mistake& mistake : result.mistakes)
    mistakes.push_back({{"line", mistake.at.line},
                        {"column", mistake.at.column},
                        {"what", mistake.what},
                        {"allowed", mistake.allowed}});
  Json entry = {{"file", result.file}, {"ok", result.mistakes.empty()}};
  if (!result.scenario.empty()) entry["scenario"] = result.scenario;
  entry["mistakes"] = std::move(mistakes);
  return entry;
}

int check(const CheckOptions& options, StandardStream& out) {
  if (options.schema) {
    out.write(scenario::embedded_schema());
    return exit_ok;
  }
  if (options.files.empty())
    throw UsageError("a scenario file is needed (see tempfail check --help)");
  Json array = Json::array();
  std::string text;
  std::size_t wrong = 0;
  for (const Checked& result : check_files(options)) {
    if (!result.mistakes.empty()) ++wrong;
    if (options.json) array.push_back(checked_json(result));
    for (const scenario::Mistake& mistake : result.mistakes)
      text += mistake.to_string() + '\n';
    if (result.mistakes.empty())
      text += base::printable(result.file) + ": " + out.styled(Style::green, "ok") + '\n';
  }
  out.write(options.json ? dump(array) : text);
  return wrong == 0 ? exit_ok : exit_failed;
}

Manual check_manual() {
  Manual manual;
  manual.name = "check";
  manual.summary = "find the mistakes in scenario files";
  manual.synopsis = "[OPTIONS] FILE|DIR...";
  manual.description = {"Reads scenario files and reports all their mistakes at once. Each is a "
                        "line \"file:line:column: what is wrong; allowed: the valid values\", "
                        "which editors can jump to. For a directory it reads every *.yaml below "
                        "it, as --scenarios does; no two may have the same name.",
                        "With --mix it reads mixes, which tempfail serve --mix takes."};
  manual.exit_codes = exit_codes("A file has mistakes.");
  manual.environment = common_environment();
  manual.examples = {{"Check your own file", "tempfail check mine/disk/my-disk.yaml"},
                     {"Check a mix", "tempfail check --mix mailbox-providers.yaml"},
                     {"Check a whole catalogue, for a script", "tempfail check --json mine"},
                     {"Let an editor complete and check scenario files",
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
    parser.add_flag("--mix", options->mix, "The files are mixes (see tempfail serve --mix).");
    add_catalogue_options(parser, options->catalogue);
    parser.add_flag("--schema", options->schema,
                    "Print the JSON Schema of scenario files instead.");
  };
  command.run = [options](Invocation& invocation) { return check(*options, invocation.out); };
  return command;
}

} // namespace tempfail::cli
