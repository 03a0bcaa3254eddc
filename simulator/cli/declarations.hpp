// What the user declares about the sender: it decides what can be asked of it, and stands in the journal's first event.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tempfail::cli {

struct RunOptions;

/// The words of --without.
const std::vector<std::string>& declarable_features();
/// Adds --tls-policy, --role, --without, --scaled-timeouts and --queue-lifetime.
void add_declarations(CLI::App& parser, RunOptions& options);
/// UsageError when a value makes no sense.
void check_declarations(const RunOptions& options);
/// The features that the sender lacks, each word once, sorted, with blanks between.
std::string declared_without(const RunOptions& options);

} // namespace tempfail::cli
