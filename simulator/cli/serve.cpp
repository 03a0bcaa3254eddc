// tempfail serve: runs scenarios until it is stopped.
#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/control_server.hpp"
#include "cli/dns_options.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/port_trouble.hpp"
#include "cli/read_file.hpp"
#include "cli/scenario_json.hpp"
#include "cli/serve_options.hpp"
#include "cli/service.hpp"
#include "cli/text.hpp"
#include "journal/null_recorder.hpp"
#include "net/name_server.hpp"
#include "wire/printable.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace tempfail::cli {

namespace {

namespace asio = boost::asio;
using Json = nlohmann::ordered_json;

/// As many descriptors as the system lets us have: every session takes one.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// The file that says where everything listens, as long as it does.
class ReadyFile {
 public:
  ReadyFile(const std::string& path, const Json& content) : path_(path) {
    if (!path_.empty()) write_file_atomically(path_, dump(content));
  }
  ~ReadyFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  ReadyFile(const ReadyFile&) = delete;
  ReadyFile& operator=(const ReadyFile&) = delete;

 private:
  std::string path_;
};

std::string where(const net::Endpoint& endpoint) {
  const bool v6 = endpoint.address.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.address + "]" : endpoint.address) + ":" +
         std::to_string(endpoint.port);
}

/// A scenario that the common port can show, where one is served.
std::string example_choice(const Service& service) {
  for (const Served& served : service.served())
    if (!scenario::needs_own_port(served.scenario->server)) return served.scenario->name;
  return service.served().front().scenario->name;
}

/// Of several hosts each has its own.
std::string name_of(const Served& served) {
  return served.scenario->hosts.empty() ? served.scenario->name : served.endpoint.host;
}

void print_table(const Service& service, Output& out) {
  std::size_t address_width = 7;
  std::size_t name_width = 8;
  for (const Served& served : service.served()) {
    address_width = std::max(address_width, columns(where(served.endpoint)));
    name_width = std::max(name_width, columns(name_of(served)));
  }
  const std::size_t left = address_width + 2 + name_width + 2;
  const std::size_t rest = std::max<std::size_t>(out.width() - std::min(left, out.width()), 20);
  const auto row = [&](const std::string& address, const std::string& name,
                       const std::string& text) {
    return padded(address, address_width) + "  " + out.styled(Style::cyan, name) +
           std::string(name_width - std::min(columns(name), name_width) + 2, ' ') +
           cut(text, rest) + '\n';
  };
  const bool mark = service.common().has_value();
  std::string text =
      out.styled(Style::bold, padded("ADDRESS", address_width) + "  " +
                                  padded("SCENARIO", name_width) + "  WHAT HAPPENS") +
      '\n';
  for (const Served& served : service.served()) {
    std::string what = served.endpoint.implicit_tls ? "(TLS) " : "";
    if (mark && scenario::needs_own_port(served.scenario->server)) what += "(own port only) ";
    text += row(where(served.endpoint), name_of(served), what + served.scenario->summary);
  }
  if (mark)
    text += row(where(*service.common()), "*",
                "the recipient chooses: anyone@" + example_choice(service) + ".test");
  if (const net::NameServer* const names = service.names())
    text += row(where({"", names->address(), names->port(), false, ""}), "DNS",
                "the name server of all of them");
  out.write(text);
}

std::string ready_line(const Service& service, const ServeOptions& options) {
  const std::size_t count = service.scenario_count();
  std::string text = "ready: " + std::to_string(count) + (count == 1 ? " scenario" : " scenarios");
  if (options.clock == "manual")
    text += ", clock moved by hand";
  else if (options.run.time_scale != 1)
    text += ", time scale " + Json(options.run.time_scale).dump();
  if (!options.journal.empty()) text += ", journal " + wire::printable(options.journal);
  if (!options.control.empty()) text += ", control " + wire::printable(options.control);
  return text + "; Ctrl-C stops\n";
}

void print_summary(const net::Totals& totals, std::uint64_t lost, bool json, Output& out) {
  if (json) {
    out.write(Json{{"stopped", true},
                   {"connections", totals.connections},
                   {"messages_accepted", totals.messages_accepted},
                   {"reset", totals.open},
                   {"journal_events_lost", lost}}
                  .dump() +
              '\n');
    return;
  }
  std::string text = "stopped: " + counted(totals.connections, "connection") + ", " +
                     counted(totals.messages_accepted, "message") + " accepted";
  if (totals.open > 0) text += ", " + counted(totals.open, "session") + " cut off";
  out.write(text + '\n');
}

/// Before any port is opened, so that its trouble is not taken for a port's.
void prepare_tls_directory(const std::string& directory) {
  if (directory.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (!error && ::access(directory.c_str(), W_OK | X_OK) != 0)
    error.assign(errno, std::generic_category());
  if (error) throw CannotRun("--tls-dir " + directory + ": " + error.message());
}

/// Everything a running `serve` owns, in the order in which it must be built.
class ServeRun {
 public:
  ServeRun(const ServeOptions& options, Invocation& invocation)
      : options_(options), out_(invocation.out), err_(invocation.err), context_(1),
        signals_(context_, SIGINT, SIGTERM) {
    signals_.add(SIGHUP);
    make_clock();
    make_recorder();
    net::Settings settings = settings_of(options.run);
    settings.tls_directory = options.tls_directory;
    server_ =
        std::make_unique<net::Server>(context_, *clock_, *recorder_, settings,
                                      [this](const std::string& message) { report(message); });
    make_name_server();
    service_ = std::make_unique<Service>(*server_, *clock_, manual_, *recorder_, names_.get());
  }

  int run() {
    const scenario::Catalogue catalogue = load_catalogue(options_.catalogue);
    const std::vector<scenario::ScenarioPtr> scenarios =
        reachable(servable(choose(catalogue, options_.patterns), options_.run, err_),
                  what_loopback_has(options_.run), options_.run, err_);
    record_run(*recorder_, options_.run, clock_->scale());
    service_->open(scenarios, options_);
    std::optional<ControlServer> control;
    if (!options_.control.empty()) control.emplace(context_, options_.control, *service_);
    const ReadyFile ready(options_.ready_file, service_->ready(options_));
    announce();
    wait_for_signal();
    context_.run();
    const std::uint64_t lost = end_journal();
    print_summary(server_->totals(), lost, options_.json, out_);
    if (lost > 0)
      throw CannotRun("journal: " + counted(lost, "event") + (lost == 1 ? " was" : " were") +
                      " never written");
    return exit_ok;
  }

 private:
  void make_clock() {
    if (options_.clock == "manual") {
      auto manual = net::make_manual_clock();
      manual_ = manual.get();
      clock_ = std::move(manual);
    } else {
      clock_ = net::make_scaled_clock(context_, options_.run.time_scale);
    }
  }

  void make_recorder() {
    if (options_.journal.empty()) {
      recorder_ = std::make_unique<journal::NullRecorder>();
      return;
    }
    try {
      auto file = std::make_unique<journal::FileRecorder>(
          options_.journal, [this](const std::string& message) { report(message); });
      file_ = file.get();
      recorder_ = std::move(file);
    } catch (const std::system_error& error) {
      throw CannotRun("journal " + options_.journal + ": " + error.code().message());
    }
  }

  void make_name_server() {
    names_ = open_name_server(context_, options_.run);
    if (!names_) return;
    names_->record_strangers(*clock_, [this](const journal::Event& event) {
      recorder_->record(event);
      recorder_->flush();
    });
  }

  void report(const std::string& message) { err_.write("tempfail serve: " + message + '\n'); }

  void announce() {
    if (options_.json) {
      Json ready = service_->ready(options_);
      ready["ready"] = true;
      out_.write(dump_line(ready));
      return;
    }
    print_table(*service_, out_);
    if (!is_loopback(options_.run.bind_address))
      report("listening on " + options_.run.bind_address + ": other machines can reach it");
    out_.write(ready_line(*service_, options_));
  }

  void wait_for_signal() {
    signals_.async_wait([this](boost::system::error_code error, int) {
      if (error) return;
      if (stopping_) { // asked twice: now
        context_.stop();
        return;
      }
      stopping_ = true;
      if (!options_.json) out_.write("stopping\n");
      server_->stop([this] { context_.stop(); });
      if (names_) names_->stop();
      wait_for_signal();
    });
  }

  /// How many events are not in the journal.
  std::uint64_t end_journal() {
    recorder_->record({clock_->now(), 0, 0, journal::event::End{}});
    if (file_ == nullptr) return 0;
    file_->close();
    return file_->lost();
  }

  const ServeOptions& options_;
  Output& out_;
  Output& err_;
  asio::io_context context_;
  asio::signal_set signals_;
  std::unique_ptr<net::Clock> clock_;
  net::ManualClock* manual_ = nullptr; ///< clock_, when it is moved by hand
  std::unique_ptr<journal::Recorder> recorder_;
  journal::FileRecorder* file_ = nullptr; ///< recorder_, when there is a journal
  std::unique_ptr<net::NameServer> names_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<Service> service_;
  bool stopping_ = false;
};

int serve(const ServeOptions& options, Invocation& invocation) {
  check(options.run);
  if (options.clock == "manual" && options.run.time_scale != 1)
    throw UsageError("--clock manual and --time-scale exclude each other");
  prepare_tls_directory(options.tls_directory);
  raise_descriptor_limit();
  return ServeRun(options, invocation).run();
}

} // namespace

Command make_serve() {
  auto options = std::make_shared<ServeOptions>();
  Command command;
  command.manual = serve_manual();
  command.add_options = [options](CLI::App& parser) { add_serve_options(parser, *options); };
  command.run = [options](Invocation& invocation) { return serve(*options, invocation); };
  return command;
}

} // namespace tempfail::cli
