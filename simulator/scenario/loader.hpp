// Reads scenario files: the only place that knows YAML. Reports all mistakes of a file at once.
#pragma once

#include "scenario/mistake.hpp"
#include "scenario/model.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::scenario {

/// A scenario, or what is wrong with it (never both, never neither).
struct LoadResult {
  ScenarioPtr scenario;
  std::vector<Mistake> mistakes;
};

/// Reads one scenario from `text`. `file` is for messages; name and family come from its last two parts
/// ("…/disk/disk-full.yaml").
LoadResult load_scenario(std::string_view text, const std::string& file);

/// A scenario file that is part of the program.
struct EmbeddedFile {
  std::string_view path; ///< "disk/disk-full.yaml"
  std::string_view text;
};
/// The catalogue, embedded at build time (generated from scenarios/).
std::span<const EmbeddedFile> embedded_files();
/// scenarios/schema.json as it was at build time.
std::string_view embedded_schema();

/// A folder of the catalogue: a chapter of what `list` prints.
struct Family {
  std::string name;  ///< "disk"
  std::string title; ///< "The disk is full, or the memory is"
};
/// The families of the program's own catalogue, in their order.
const std::vector<Family>& families();

/// The scenarios at hand, by name and in the order of `list`: families, then names.
class Catalogue {
 public:
  /// The embedded ones, then those of each directory, which add to or override them by name.
  /// What can't be read is in mistakes().
  static Catalogue load(const std::vector<std::filesystem::path>& directories);

  const std::vector<ScenarioPtr>& all() const { return scenarios_; }
  const std::vector<Mistake>& mistakes() const { return mistakes_; }
  /// By name ("disk-full") or id ("disk/disk-full"), also by a former one; null when there is none.
  ScenarioPtr find(std::string_view name_or_id) const;
  /// By name, id, family, or glob over ids and names ("tls/*"), in list order; empty when none matches.
  std::vector<ScenarioPtr> select(std::string_view pattern) const;
  /// Names close to one that was not found, best first, at most three.
  std::vector<std::string> suggest(std::string_view name) const;

 private:
  std::vector<ScenarioPtr> scenarios_;
  std::vector<Mistake> mistakes_;
};

} // namespace tempfail::scenario
