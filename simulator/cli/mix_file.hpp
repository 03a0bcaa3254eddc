// The files of mixes, as the command line takes them.
#pragma once

#include "scenario/loader.hpp"
#include "scenario/mix.hpp"

#include <string>
#include <vector>

namespace tempfail::cli {

struct ServeOptions;

/// All of the file, or as much of it as shows that it is too long. UsageError when it can't be read.
std::string read_mix_file(const std::string& file);
/// The mix in this file, of the scenarios of the catalogue. A mistake is a UsageError that names the first and says how
/// many there are.
scenario::MixPtr load_mix(const std::string& file, const scenario::Catalogue& catalogue);
/// UsageError when --mix is combined with what also chooses scenarios or ports.
void check_mix(const ServeOptions& options);
/// The first mistake, and how many more there are.
std::string summary_of(const std::vector<scenario::Mistake>& mistakes);

} // namespace tempfail::cli
