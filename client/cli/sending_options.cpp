// The options of the commands that deliver.
#include "client/cli/sending_options.hpp"

#include "client/cli/queue_options.hpp"

#include <CLI/CLI.hpp>

namespace tempfail::client {

void add_sending_options(CLI::App& app, SendingOptions& options, std::string& policy) {
  add_policy_option(app, policy);
  app.add_option("--time-scale", options.time_scale,
                 "Protocol seconds per real second: with 3600 an hour takes a second")
      ->check(CLI::Range(1e-3, 1e6).description("0.001 to 1000000"))
      ->capture_default_str();
  app.add_option("--seed", options.seed,
                 "Seed of the jitter and of the choice among equal hosts; 0: a random seed");
  add_delivery_options(app, options.delivery);
}

} // namespace tempfail::client
