// Reads the file of a mix.
#include "cli/mix_file.hpp"

#include "cli/error.hpp"
#include "cli/read_file.hpp"
#include "cli/serve_options.hpp"
#include "scenario/document.hpp"

namespace tempfail::cli {

std::string read_mix_file(const std::string& file) {
  // A byte more than may be: the reader says that it is too long.
  return read_file(file, scenario::document_size_limit + 1);
}

scenario::MixPtr load_mix(const std::string& file, const scenario::Catalogue& catalogue) {
  scenario::MixResult read = scenario::read_mix(read_mix_file(file), file, catalogue.all());
  if (!read.mix) throw UsageError(summary_of(read.mistakes));
  return std::move(read.mix);
}

void check_mix(const ServeOptions& options) {
  if (options.mix.empty()) return;
  const auto refuse = [](const std::string& what) {
    throw UsageError("--mix serves the scenarios of its file on one port (--port), without " +
                     what);
  };
  if (!options.patterns.empty()) refuse("SCENARIO");
  if (options.shared_port) refuse("--shared-port");
  if (!options.run.dns.empty()) refuse("--dns");
}

std::string summary_of(const std::vector<scenario::Mistake>& mistakes) {
  const std::size_t more = mistakes.size() - 1;
  std::string text = mistakes.front().to_string();
  if (more > 0) text += " (and " + std::to_string(more) + " more: tempfail check --mix shows them)";
  return text;
}

} // namespace tempfail::cli
