// Which queue a command works on, which policy, and how fast time goes.
#pragma once

#include "client/policy/policy.hpp"
#include "client/queue/queue.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace CLI {
class App;
} // namespace CLI

namespace tempfail::client {

/// --queue DIR
void add_queue_option(CLI::App& app, std::filesystem::path& folder);
/// --policy FILE
void add_policy_option(CLI::App& app, std::string& file);

/// $TEMPFAIL_SEND_QUEUE, or tempfail-send in the user's state folder.
std::filesystem::path default_queue_folder();

/// Opens a queue; what goes wrong is told as a CommandError.
std::unique_ptr<Queue> open_queue(const std::filesystem::path& folder);
/// Like open_queue(), but a queue that is not there is not made: a mistyped name is a mistake.
std::unique_ptr<Queue> open_existing_queue(const std::filesystem::path& folder);

/// The policy in the file; the built-in one if no file is named. Its mistakes are told as a CommandError.
Policy read_policy_file(const std::string& file);

/// Protocol time, now, for a process that only looks or adds.
Moment queue_now(Queue& queue);

} // namespace tempfail::client
