// The options of `lab`, and its manual.
#pragma once

#include "cli/catalogue_options.hpp"
#include "cli/run_options.hpp"

#include <string>
#include <vector>

namespace tempfail::cli {

struct LabOptions {
  CatalogueOptions catalogue;
  RunOptions run;
  std::vector<std::string> patterns; ///< of --scenario
  std::vector<std::string> command;  ///< behind `--`; empty: a shell
  std::string journal;
  std::string tls_directory;
  std::string ready_file;
  bool quiet = false;
};

void add_lab_options(CLI::App& parser, LabOptions& options);
Manual lab_manual();

} // namespace tempfail::cli
