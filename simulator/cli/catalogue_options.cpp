// Loading and choosing scenarios.
#include "cli/catalogue_options.hpp"

#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/former_names.hpp"
#include "cli/text.hpp"
#include "scenario/former_names.hpp"

#include <algorithm>
#include <filesystem>

namespace tempfail::cli {

namespace {

[[noreturn]] void complain_unknown(const scenario::Catalogue& catalogue,
                                   const std::string& pattern) {
  std::string what = "no scenario is called " + pattern;
  if (pattern.find_first_of("*?") != std::string::npos) what = "no scenario matches " + pattern;
  const std::string near = suggestion(catalogue, pattern);
  what += near.empty() ? "; tempfail list shows them all" : near;
  throw UsageError(what);
}

} // namespace

void note_if_former(const std::string& pattern, const std::vector<scenario::ScenarioPtr>& found) {
  const std::string name = pattern.substr(pattern.rfind('/') + 1); // npos + 1 is 0
  const std::string_view current = scenario::current_name(name);
  if (found.size() == 1 && current != name && found.front()->name == current)
    note_former_name(name, current);
}

std::string suggestion(const scenario::Catalogue& catalogue, const std::string& name) {
  std::vector<std::string> near;
  for (const std::string& candidate :
       catalogue.suggest(name)) // a family may be called like a scenario
    if (std::find(near.begin(), near.end(), candidate) == near.end()) near.push_back(candidate);
  return near.empty() ? "" : "; did you mean " + joined(near, ", ") + "?";
}

void add_catalogue_options(CLI::App& parser, CatalogueOptions& options) {
  parser
      .add_option(
          "--scenarios", options.directories,
          "Also read the scenario files (*.yaml) below this directory. They are added to the "
          "built-in ones, or replace those of the same name. May be given more than once.")
      ->type_name("DIR")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

scenario::Catalogue load_catalogue(const CatalogueOptions& options) {
  std::vector<std::filesystem::path> directories;
  for (const std::string& directory : options.directories) {
    if (!std::filesystem::exists(directory))
      throw UsageError("--scenarios " + directory + ": no such directory");
    if (!std::filesystem::is_directory(directory))
      throw UsageError("--scenarios " + directory + ": is a file; allowed: the directory it is in");
    directories.emplace_back(directory);
  }
  scenario::Catalogue catalogue = scenario::Catalogue::load(directories);
  if (!catalogue.mistakes().empty()) {
    std::string what = catalogue.mistakes().front().to_string();
    const std::size_t more = catalogue.mistakes().size() - 1;
    if (more > 0) what += " (and " + std::to_string(more) + " more: tempfail check shows them)";
    throw UsageError(what);
  }
  return catalogue;
}

std::vector<scenario::ScenarioPtr> choose(const scenario::Catalogue& catalogue,
                                          const std::vector<std::string>& patterns) {
  if (patterns.empty()) return catalogue.all();
  std::vector<scenario::ScenarioPtr> chosen;
  for (const std::string& pattern : patterns) {
    const std::vector<scenario::ScenarioPtr> matches = catalogue.select(pattern);
    if (matches.empty()) complain_unknown(catalogue, pattern);
    note_if_former(pattern, matches);
    for (const scenario::ScenarioPtr& match : matches)
      if (std::find(chosen.begin(), chosen.end(), match) == chosen.end()) chosen.push_back(match);
  }
  return chosen;
}

scenario::ScenarioPtr choose_one(const scenario::Catalogue& catalogue, const std::string& name) {
  scenario::ScenarioPtr found = catalogue.find(name);
  if (!found) complain_unknown(catalogue, name);
  note_if_former(name, {found});
  return found;
}

std::vector<Term> exit_codes(const std::string& failed) {
  std::vector<Term> terms = {{"0", "Success."}};
  if (!failed.empty()) terms.push_back({"1", failed});
  terms.push_back({"2", "Wrong usage or unusable input: an unknown option or scenario, a scenario "
                        "file with mistakes."});
  terms.push_back({"3", "It could not run: a port is taken, a file can't be read or written."});
  return terms;
}

std::vector<Term> common_environment() {
  return {{"NO_COLOR", "If it is set, no colours are used."},
          {"FORCE_COLOR",
           "If it is set to anything but 0, colours are used even if the output is not a terminal, "
           "as in the log of a CI job."}};
}

} // namespace tempfail::cli
