// `enqueue`: puts a message into the queue, for `run` to deliver.
#include "client/cli/command.hpp"
#include "client/cli/enqueue.hpp"
#include "client/cli/queue_options.hpp"

#include "client/queue/database.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace tempfail::client {
namespace {

struct EnqueueOptions {
  MessageOptions message{};
  std::filesystem::path folder{};
  bool json = false;
};

} // namespace

MessageId enqueue(const MessageOptions& message, const std::filesystem::path& folder) {
  const Submission submission = read_submission(message);
  const auto queue = open_queue(folder);
  try {
    const MessageId id = queue->accept(submission, queue_now(*queue));
    queue->announce();
    return id;
  } catch (const DatabaseError& error) {
    throw CommandError(exit_temporary,
                       queue->folder().string() + ": not accepted: " + error.what());
  }
}

void add_enqueue_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<EnqueueOptions>();
  CLI::App* command = app.add_subcommand(
      "enqueue",
      "Puts a message into the queue; it is safely stored when the command exits with 0");
  add_queue_option(*command, options->folder);
  add_message_options(*command, options->message);
  command->add_flag("--json", options->json, "Print JSON instead of text");
  command->callback([options, &exit_code] {
    const MessageId id = enqueue(options->message, options->folder);
    if (options->json) {
      std::cout << nlohmann::json{{"message", id}} << '\n';
    } else {
      std::cout << "message " << id << " is in the queue\n";
    }
    exit_code = exit_ok;
  });
}

} // namespace tempfail::client
