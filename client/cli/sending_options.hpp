// The options of the commands that deliver: send and run.
#pragma once

#include "client/cli/sending.hpp"

#include <string>

namespace CLI {
class App;
} // namespace CLI

namespace tempfail::client {

/// --policy, --time-scale, --seed, and how to reach the other side. The policy is read with read_policy_file().
void add_sending_options(CLI::App& app, SendingOptions& options, std::string& policy);

} // namespace tempfail::client
