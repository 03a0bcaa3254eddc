// What the subcommands that work on scenarios share: --scenarios, loading, choosing by name.
#pragma once

#include "cli/command.hpp"
#include "scenario/loader.hpp"

#include <string>
#include <vector>

namespace tempfail::cli {

/// Where scenarios come from besides the program itself.
struct CatalogueOptions {
  std::vector<std::string> directories;
};

/// Adds --scenarios DIR.
void add_catalogue_options(CLI::App& parser, CatalogueOptions& options);
/// Loads the catalogue. A mistake in a file is a UsageError that names the first and says how many.
scenario::Catalogue load_catalogue(const CatalogueOptions& options);

/// The scenarios the patterns name (names, families, globs), each once, in catalogue order per
/// pattern; all of them when there is no pattern. A pattern that matches nothing is a UsageError
/// with suggestions.
std::vector<scenario::ScenarioPtr> choose(const scenario::Catalogue& catalogue,
                                          const std::vector<std::string>& patterns);
/// One scenario by name; a UsageError with suggestions when there is none.
scenario::ScenarioPtr choose_one(const scenario::Catalogue& catalogue, const std::string& name);

/// Notes on standard error where `pattern` is a former name of what it found.
void note_if_former(const std::string& pattern, const std::vector<scenario::ScenarioPtr>& found);

/// "; did you mean disk-full?", or nothing where nothing is near.
std::string suggestion(const scenario::Catalogue& catalogue, const std::string& name);

/// The exit codes that every subcommand has; `failed` says what 1 means, empty: it doesn't occur.
std::vector<Term> exit_codes(const std::string& failed);
/// The environment every subcommand heeds.
std::vector<Term> common_environment();

} // namespace tempfail::cli
