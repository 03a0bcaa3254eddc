// The options of `serve`, and its manual.
#pragma once

#include "cli/catalogue_options.hpp"
#include "cli/run_options.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tempfail::cli {

struct ServeOptions {
  CatalogueOptions catalogue;
  RunOptions run;
  std::vector<std::string> patterns;
  std::optional<std::uint16_t> port; ///< of the first scenario
  std::optional<std::uint16_t> shared_port;
  std::string mix; ///< a file; empty: scenarios are served
  std::string journal;
  std::string journal_rotate; ///< a size; empty: never
  std::string keep;           ///< folder for accepted messages; empty: none are written
  std::string keep_age;       ///< a duration of real time; empty: any
  std::string keep_size;      ///< a size; empty: as MessageFolderLimits has it
  std::string tls_directory;
  std::string clock = "real";
  std::string control;
  std::string http;       ///< where the API is: PORT, or ADDRESS:PORT; empty: there is none
  std::string http_token; ///< a file
  std::string ports;      ///< of servers that the API makes: "2600-2699"; empty: any
  unsigned workers = 1;   ///< processes that serve the same ports
  std::string store;      ///< where states are; empty: in memory
  std::string store_run;  ///< whose; empty: "main"
  std::string ready_file;
  bool until_stdin_ends = false;
  bool json = false;
  bool quiet = false;   ///< no line for each event
  bool verbose = false; ///< a line for each event, and for more of them
};

/// Ports when the user names none.
inline constexpr std::uint16_t default_shared_port = 2525;
inline constexpr std::uint16_t default_base_port = 2600;
inline constexpr unsigned max_workers = 64;

void add_serve_options(CLI::App& parser, ServeOptions& options);
Manual serve_manual();

} // namespace tempfail::cli
