// `run`: delivers from a queue until it is empty, or for as long as it is wanted.
#include "client/cli/command.hpp"
#include "client/cli/queue_options.hpp"
#include "client/cli/sending_options.hpp"
#include "client/queue/lock.hpp"
#include "client/stats/log.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <fstream>
#include <iostream>
#include <memory>

namespace tempfail::client {
namespace {

struct RunOptions {
  SendingOptions sending{};
  std::filesystem::path folder{};
  std::string policy{};
  std::string log = "-";
  std::string log_format = "key-value";
  bool no_notifications = false;
};

/// Where log lines go: each is one write, so that they stay whole whoever else writes there.
class LogFile {
 public:
  explicit LogFile(const std::string& path) {
    if (path == "-") return;
    file_.open(path, std::ios::app | std::ios::binary);
    if (!file_) throw CommandError(exit_cannot_create, path + ": can't be written");
  }
  void write(std::string_view line) {
    std::ostream& out = file_.is_open() ? static_cast<std::ostream&>(file_) : std::cerr;
    out << line << std::flush;
    out.clear(); // a full disk under the log is no reason to stop delivering
  }

 private:
  std::ofstream file_;
};

int run(RunOptions& options) {
  const auto queue = open_queue(options.folder);
  std::string holder;
  const auto lock = QueueLock::take(queue->folder(), holder);
  if (!lock) {
    throw CommandError(exit_temporary,
                       queue->folder().string() + ": " + holder +
                           " is already delivering from this queue; only one process can");
  }
  options.sending.policy = read_policy_file(options.policy);
  options.sending.notifications = !options.no_notifications;
  options.sending.watch = true;
  LogFile file{options.log};
  const LogFormat format = options.log_format == "json" ? LogFormat::json : LogFormat::key_value;
  Log* log = nullptr;
  Sending sending{*queue, options.sending, [&](const Clock& clock) {
                    auto made = std::make_unique<Log>(
                        clock, format, [&](std::string_view line) { file.write(line); });
                    log = made.get();
                    return made;
                  }};
  std::string detail = "queue " + queue->folder().string();
  if (sending.metrics_port() != 0)
    detail += ", metrics on port " + std::to_string(sending.metrics_port());
  log->note("started", detail);
  const bool empty = sending.run();
  log->note("stopped", empty ? "the queue is empty" : "on a signal");
  return empty || options.sending.stay ? exit_ok : exit_temporary;
}

} // namespace

void add_run_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Delivers from the queue until it is empty");
  add_queue_option(*command, options->folder);
  command->add_flag("--stay", options->sending.stay,
                    "Keep running when the queue is empty, and wait for new mail");
  command->add_option("--tries", options->sending.max_parallel_tries, "How many tries at once")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_flag("--no-notifications", options->no_notifications,
                    "Send no delivery status notifications");
  command
      ->add_option("--metrics", options->sending.metrics,
                   "Serve figures for Prometheus on ADDRESS:PORT (:9100 is loopback), or keep "
                   "them in a FILE with a /")
      ->type_name("WHERE");
  command->add_option("--log", options->log, "File for the log; -: standard error")
      ->type_name("FILE")
      ->capture_default_str();
  command->add_option("--log-format", options->log_format, "Format of the log: key-value or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"key-value", "json"}))
      ->capture_default_str();
  add_sending_options(*command, options->sending, options->policy);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

} // namespace tempfail::client
