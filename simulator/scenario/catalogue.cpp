// The catalogue: what is part of the program, and what directories add to it.
#include "scenario/loader.hpp"

#include "scenario/closest.hpp"
#include "scenario/directory.hpp"
#include "scenario/document.hpp"
#include "scenario/embedded.hpp"
#include "scenario/former_names.hpp"
#include "scenario/glob.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace tempfail::scenario {
namespace {

using ByName = std::map<std::string, ScenarioPtr>;

void add(LoadResult loaded, ByName& scenarios, std::vector<Mistake>& mistakes) {
  std::move(loaded.mistakes.begin(), loaded.mistakes.end(), std::back_inserter(mistakes));
  if (loaded.scenario) scenarios[loaded.scenario->name] = std::move(loaded.scenario);
}

/// Where a family stands in the list; those of other directories come last.
std::size_t place_of(const std::string& family) {
  const auto& known = families();
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const Family& one) { return one.name == family; });
  return static_cast<std::size_t>(found - known.begin());
}

} // namespace

const std::vector<Family>& families() {
  static const std::vector<Family> known = [] {
    Mistakes mistakes("families.yaml");
    std::vector<Family> read;
    if (const auto document = parse_document(embedded_families(), mistakes))
      for (const Member& member : document->members)
        read.push_back({member.key, member.value.text});
    return read;
  }();
  return known;
}

Catalogue Catalogue::load(const std::vector<std::filesystem::path>& directories) {
  Catalogue catalogue;
  ByName scenarios;
  for (const EmbeddedFile& file : embedded_files())
    add(load_scenario(file.text, "<built in>/" + std::string(file.path)), scenarios,
        catalogue.mistakes_);
  for (const auto& directory : directories) {
    DirectoryContent content = load_directory(directory);
    for (ScenarioFile& file : content.files)
      add(std::move(file.loaded), scenarios, catalogue.mistakes_);
    if (content.mistake) catalogue.mistakes_.push_back(*std::move(content.mistake));
  }
  for (auto& [name, scenario] : scenarios)
    catalogue.scenarios_.push_back(std::move(scenario));
  std::stable_sort(catalogue.scenarios_.begin(), catalogue.scenarios_.end(),
                   [](const ScenarioPtr& one, const ScenarioPtr& other) {
                     return std::pair(place_of(one->family), std::string_view(one->family)) <
                            std::pair(place_of(other->family), std::string_view(other->family));
                   });
  return catalogue;
}

ScenarioPtr Catalogue::find(std::string_view name_or_id) const {
  for (const ScenarioPtr& scenario : scenarios_)
    if (scenario->name == name_or_id || scenario->id() == name_or_id) return scenario;
  const std::string_view name = name_or_id.substr(name_or_id.rfind('/') + 1); // npos + 1 is 0
  const std::string_view current = current_name(name);
  return current == name ? nullptr : find(current);
}

std::vector<ScenarioPtr> Catalogue::select(std::string_view pattern) const {
  if (ScenarioPtr exact = find(pattern)) return {std::move(exact)};
  std::vector<ScenarioPtr> selected;
  for (const ScenarioPtr& scenario : scenarios_) {
    const bool matches = scenario->family == pattern || glob_matches(pattern, scenario->name) ||
                         glob_matches(pattern, scenario->id());
    if (matches) selected.push_back(scenario);
  }
  return selected;
}

std::vector<std::string> Catalogue::suggest(std::string_view name) const {
  std::vector<std::string_view> names;
  for (const ScenarioPtr& scenario : scenarios_)
    names.push_back(scenario->name);
  for (const Family& family : families())
    names.push_back(family.name);
  return closest(name, names, 3);
}

} // namespace tempfail::scenario
