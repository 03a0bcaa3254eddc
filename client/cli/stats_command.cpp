// `stats`: the figures about a queue.
#include "client/cli/command.hpp"
#include "client/cli/queue_options.hpp"
#include "client/stats/overview.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace tempfail::client {
namespace {

struct StatsOptions {
  std::filesystem::path folder{};
  bool json = false;
  bool prometheus = false;
};

void stats(const StatsOptions& options) {
  const auto queue = open_existing_queue(options.folder);
  const Overview figures = overview(*queue, queue_now(*queue));
  if (options.prometheus) {
    std::cout << stats_for_prometheus(figures);
  } else {
    std::cout << (options.json ? stats_as_json(figures) + '\n' : show_stats(figures));
  }
}

} // namespace

void add_stats_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<StatsOptions>();
  CLI::App* command =
      app.add_subcommand("stats", "Prints tries, successes and failures by status and host, the "
                                  "queue's age, and the coming schedule");
  add_queue_option(*command, options->folder);
  CLI::Option* json = command->add_flag("--json", options->json, "Print JSON instead of text");
  command->add_flag("--prometheus", options->prometheus, "Print them in Prometheus' text format")
      ->excludes(json);
  command->callback([options, &exit_code] {
    stats(*options);
    exit_code = exit_ok;
  });
}

} // namespace tempfail::client
