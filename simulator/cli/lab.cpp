// tempfail lab: a command in a sealed network, with scenarios around it.
#include "cli/cli11.hpp"
#include "cli/dns_options.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/find_program.hpp"
#include "cli/lab_hosts.hpp"
#include "cli/lab_names.hpp"
#include "cli/lab_options.hpp"
#include "cli/lab_table.hpp"
#include "cli/lab_watch.hpp"
#include "cli/process_event.hpp"
#include "cli/read_file.hpp"
#include "cli/scenario_json.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "journal/null_recorder.hpp"
#include "net/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tempfail::cli {

namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using journal::event::ProcessEnd;

/// What the user's terminal sends, it sends to the command too.
bool comes_from_terminal(int signal) {
  return (signal == SIGINT || signal == SIGQUIT) && ::isatty(STDIN_FILENO) == 1 &&
         ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
}

class LabRun {
 public:
  LabRun(const LabOptions& options, const std::vector<scenario::ScenarioPtr>& scenarios,
         StandardStream& err)
      : options_(options), err_(err), context_(1), signals_(context_, SIGINT, SIGTERM, SIGHUP),
        lab_(make_lab(scenarios)),
        served_(places_in_lab(
            scenarios_for_network(scenarios, lab_features(*lab_), options.run, err), options.run)),
        clock_(net::make_scaled_clock(context_, options.run.time_scale)) {
    signals_.add(SIGQUIT);
    make_recorder();
    net::ServerSettings settings = settings_in_lab(settings_of(options.run), *lab_);
    settings.tls_directory = options.tls_directory;
    settings.drain = std::chrono::seconds(2);
    server_ = std::make_unique<net::Server>(context_, *clock_, *recorder_, settings,
                                            [this](const std::string& text) { report(text); });
    names_ = open_name_server(context_, *lab_, *clock_, recording());
    watch_.emplace(context_, *lab_, *server_);
  }

  ~LabRun() {
    process_.reset(); // before the lab, which waits for it
    if (ready_) ::unlink(options_.ready_file.c_str());
  }
  LabRun(const LabRun&) = delete;
  LabRun& operator=(const LabRun&) = delete;

  int run() {
    record_run(*recorder_, options_.run, clock_->scale());
    for (const LabScenario& one : served_)
      serve(one, *lab_, *server_, *names_);
    serve_sender_domain(served_.size() == 1 ? served_.front().scenario : nullptr, *clock_,
                        recording(), *lab_, *server_, *names_);
    if (!options_.ready_file.empty()) {
      write_file_atomically(options_.ready_file, dump(lab_json(served_, *lab_)));
      ready_ = true;
    }
    if (!options_.quiet) err_.write(lab_table(served_, *lab_, err_));
    wait_for_signal();
    start_command();
    context_.run();
    end_journal();
    return exit_code_;
  }

 private:
  void make_recorder() {
    if (options_.journal.empty()) {
      recorder_ = std::make_unique<journal::NullRecorder>();
      return;
    }
    try {
      auto file = std::make_unique<journal::FileRecorder>(
          options_.journal, [this](const std::string& text) { report(text); });
      file_ = file.get();
      recorder_ = std::move(file);
    } catch (const std::system_error& error) {
      throw CannotRun("journal " + options_.journal + ": " + error.code().message());
    }
  }

  net::NameServer::Record recording() {
    return [this](const journal::Event& event) {
      recorder_->record(event);
      recorder_->flush();
    };
  }

  void report(const std::string& text) { err_.write("tempfail lab: " + text + '\n'); }

  void start_command() {
    ProcessOptions process;
    process.arguments = options_.command;
    process.lab_side = lab_.get();
    record(ProcessEvent(options_.command, {}).started());
    try {
      process_ = std::make_unique<Process>(context_, std::move(process),
                                           [this](const ProcessExit& exit) { ended(exit); });
    } catch (const std::system_error& error) {
      throw CannotRun(std::string("the command could not be started: ") + error.what());
    }
  }

  void record(const journal::Body& body) {
    recorder_->record({clock_->now(), 0, 0, body});
    recorder_->flush();
  }

  void ended(const ProcessExit& exit) {
    exit_code_ = exit.code;
    record(ProcessEvent(options_.command, {}).ended(exit));
    process_->end_group([this] {
      lab_->end_sender();
      watch_.reset();
      server_->stop([this] { context_.stop(); });
    });
  }

  void wait_for_signal() {
    signals_.async_wait([this](boost::system::error_code error, int number) {
      if (error) return;
      if (!comes_from_terminal(number)) end_early(number);
      wait_for_signal();
    });
  }

  /// The command gets a moment; whoever asks twice does not want to wait.
  void end_early(int number) {
    if (std::exchange(asked_to_end_, true) || !process_) {
      exit_code_ = exit_signal + number;
      context_.stop();
    } else {
      process_->terminate(ProcessEnd::interrupt);
    }
  }

  void end_journal() {
    recorder_->record({clock_->now(), 0, 0, journal::event::End{}});
    if (file_ == nullptr) return;
    file_->close();
    if (file_->lost() > 0)
      throw CannotRun("journal: " + counted(file_->lost(), "event") + " never written");
  }

  const LabOptions& options_;
  StandardStream& err_;
  asio::io_context context_;
  asio::signal_set signals_;
  std::unique_ptr<lab::Lab> lab_;
  std::vector<LabScenario> served_;
  std::unique_ptr<net::Clock> clock_;
  std::unique_ptr<journal::Recorder> recorder_;
  journal::FileRecorder* file_ = nullptr;  ///< recorder_, when there is a journal
  std::unique_ptr<net::NameServer> names_; ///< outlives what it serves
  std::unique_ptr<net::Server> server_;
  std::optional<LabWatch> watch_;
  std::unique_ptr<Process> process_;
  int exit_code_ = exit_ok;
  bool asked_to_end_ = false;
  bool ready_ = false; ///< the ready file is there
};

std::vector<std::string> shell() {
  const char* const named = ::getenv("SHELL");
  return {named != nullptr && *named != '\0' ? named : "/bin/sh"};
}

int lab(LabOptions& options, Invocation& invocation) {
  check_run_options(options.run);
  if (options.command.empty()) options.command = shell();
  const scenario::Catalogue catalogue = load_catalogue(options.catalogue);
  const std::vector<scenario::ScenarioPtr> scenarios =
      scenarios_for_tls_option(choose(catalogue, options.patterns), options.run, invocation.err);
  check_for_lab(options.run, scenarios);
  const std::string& program = options.command.front();
  if (find_program(program).empty()) throw UsageError(why_not_found(program));
  if (!options.tls_directory.empty()) {
    std::error_code error;
    fs::create_directories(options.tls_directory, error);
    if (error) throw CannotRun("--tls-dir " + options.tls_directory + ": " + error.message());
  }
  prepare_for_labs(invocation.err);
  return LabRun(options, scenarios, invocation.err).run();
}

} // namespace

Command make_lab_command() {
  auto options = std::make_shared<LabOptions>();
  Command command;
  command.takes_tail = true;
  command.manual = lab_manual();
  command.add_options = [options](CLI::App& parser) { add_lab_options(parser, *options); };
  command.run = [options](Invocation& invocation) {
    options->command = invocation.tail;
    return lab(*options, invocation);
  };
  return command;
}

} // namespace tempfail::cli
