// The scenario files of a directory: which they are, and what came of reading each.
#pragma once

#include "scenario/loader.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tempfail::scenario {

/// A file that was read.
struct ScenarioFile {
  std::string file; ///< the directory as it was given, and the path below it
  LoadResult loaded;
};

/// What a directory holds.
struct DirectoryContent {
  std::vector<ScenarioFile> files; ///< in the order of their paths
  /// What is wrong with the directory itself: it can't be read to its end, or no scenario file is in it.
  std::optional<Mistake> mistake;
};

/// Reads every *.yaml below `directory`, however deep. A scenario has its name from its file alone, so that
/// the second file of a name is a mistake, and loads nothing.
DirectoryContent load_directory(const std::filesystem::path& directory);

} // namespace tempfail::scenario
