// tempfail serve: runs scenarios until it is stopped.
#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/control_plane.hpp"
#include "cli/dns_options.hpp"
#include "cli/error.hpp"
#include "cli/event_lines.hpp"
#include "cli/exit_code.hpp"
#include "cli/followed_clock.hpp"
#include "cli/hung_up.hpp"
#include "cli/message_folder.hpp"
#include "cli/mix_file.hpp"
#include "cli/orphans.hpp"
#include "cli/port_error.hpp"
#include "cli/ready_file.hpp"
#include "cli/record_run.hpp"
#include "cli/serve_options.hpp"
#include "cli/serve_table.hpp"
#include "cli/service.hpp"
#include "cli/store_options.hpp"
#include "cli/stored_run_journal.hpp"
#include "cli/text.hpp"
#include "cli/workers.hpp"
#include "journal/null_recorder.hpp"
#include "net/name_server.hpp"
#include "store/redis_stores.hpp"
#include "store/stream_recorder.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
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

/// 0: the journal is not rotated.
std::uint64_t rotation_of(const ServeOptions& options) {
  return scenario::parse_size(options.journal_rotate).value_or(0);
}

MessageFolderLimits keep_limits(const ServeOptions& options) {
  MessageFolderLimits limits;
  if (const auto size = scenario::parse_size(options.keep_size)) limits.bytes = *size;
  if (const auto age = scenario::parse_duration(options.keep_age)) limits.age = *age;
  return limits;
}

void check_sizes(const ServeOptions& options) {
  constexpr std::uint64_t least = 1000;
  const auto size = [](const std::string& option, const std::string& value) {
    const auto bytes = scenario::parse_size(value);
    if (!value.empty() && (!bytes || *bytes < least))
      throw UsageError(option + " " + value + " is not a valid size; allowed: 10MB, 512KB, 1000");
  };
  size("--journal-rotate", options.journal_rotate);
  size("--keep-size", options.keep_size);
  const auto age = scenario::parse_duration(options.keep_age);
  if (!options.keep_age.empty() && (!age || *age <= Duration::zero()))
    throw UsageError("--keep-age " + options.keep_age +
                     " is not a valid duration; allowed: 90s, 30m, 6h");
  if (!options.journal_rotate.empty() && options.journal.empty())
    throw UsageError("--journal-rotate needs --journal");
  std::error_code missing;
  if (!options.journal_rotate.empty() && std::filesystem::exists(options.journal, missing) &&
      !std::filesystem::is_regular_file(options.journal, missing))
    throw UsageError("--journal-rotate: " + options.journal + " is not a regular file");
  if (options.keep.empty() && !(options.keep_age.empty() && options.keep_size.empty()))
    throw UsageError("--keep-age and --keep-size need --keep");
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
  /// `worker`: which of several processes this is; null: there are no others.
  ServeRun(const ServeOptions& options, Invocation& invocation, const Worker* worker = nullptr)
      : options_(options), worker_(worker), out_(invocation.out), err_(invocation.err), context_(1),
        on_terminal_(out_.is_terminal() || err_.is_terminal()),
        kept_(options.keep, keep_limits(options)), kept_timer_(context_),
        signals_(context_, SIGINT, SIGTERM), stdin_(context_) {
    signals_.add(SIGHUP);
    stores_ = join_store(context_, options_);
    make_clock();
    make_recorder();
    net::ServerSettings settings = settings_of(options.run);
    settings.tls_directory = options.tls_directory;
    settings.limits.keep_messages = memory_journal_ != nullptr || !options.keep.empty();
    settings.waits_for_keys = false;
    settings.stores = stores_.get();
    settings.receipts = stream_;
    if (worker_ != nullptr) {
      settings.certificate_authority = worker_->certificate_authority;
      settings.ports =
          worker_->is_first() ? net::PortSharing::first_of_sharers : net::PortSharing::shared;
    }
    server_ =
        std::make_unique<net::Server>(context_, *clock_, journal(), settings,
                                      [this](const std::string& message) { report(message); });
    if (!options.keep.empty()) server_->on_accepted(keeping());
    if (stores_)
      stores_->on_change([this](const store::StoreChange& change) { note_store(change); });
    if (stores_ && manual_ != nullptr)
      followed_ = std::make_unique<FollowedClock>(stores_->published_clock(), *manual_, *server_,
                                                  journal());
    make_name_server();
    service_ = std::make_unique<ServedScenarios>(
        *server_, names_.get(), worker_ != nullptr ? worker_->ports : std::vector<std::uint16_t>());
  }

  int run() {
    scenario::Catalogue catalogue = load_catalogue(options_.catalogue);
    const scenario::MixPtr mix = options_.mix.empty() ? nullptr : load_mix(options_.mix, catalogue);
    const std::vector<scenario::ScenarioPtr> scenarios =
        mix ? std::vector<scenario::ScenarioPtr>() : chosen(catalogue);
    record_beginning();
    try {
      if (mix)
        service_->open_mix(mix, options_);
      else
        service_->open(scenarios, options_);
    } catch (const std::invalid_argument& wrong) { // what a scenario has is not for this store
      throw CannotRun(wrong.what());
    }
    if (memory_journal_) {
      control::ManagedServerParts parts{*server_,
                                        *clock_,
                                        manual_,
                                        *memory_journal_,
                                        options_.run.seed,
                                        service_->controlled(),
                                        service_->shared_port(),
                                        keeping(),
                                        options_.run.auth,
                                        names_.get()};
      parts.run_journal = run_journal_.get();
      parts.shared_clock = followed_.get();
      plane_ = std::make_unique<ControlPlane>(context_, options_, std::move(catalogue),
                                              std::move(parts));
    }
    const ReadyFile ready_file(options_.ready_file, ready());
    if (worker_ != nullptr)
      announce_to_parent();
    else
      announce();
    wait_for_signal();
    if (options_.until_stdin_ends) watch_stdin();
    context_.run();
    const std::uint64_t lost = end_journal();
    if (worker_ != nullptr)
      worker_->tell(summary_json(totals(), lost));
    else
      print_summary(totals(), lost, options_.json, out_);
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
      if (stores_) manual_->advance(stores_->published_clock().moment());
    } else if (stores_) {
      clock_ = net::make_scaled_clock(context_, options_.run.time_scale, stores_->clock().start());
    } else {
      clock_ = net::make_scaled_clock(context_, options_.run.time_scale);
    }
  }

  /// Protocol time began with this server, or with the first one of its run.
  void record_beginning() {
    if (stores_)
      record_run_since(journal(), options_.run, clock_->scale(), stores_->clock().started_unix_us,
                       stores_->clock().error());
    else
      record_run(journal(), options_.run, clock_->scale());
  }

  /// The journal says it, too: what fell into that time can't be judged.
  void note_store(const store::StoreChange& change) {
    journal::event::Store event{change.lost, change.why, {}, change.restarted};
    if (change.lost) event.since = moment_of(change.since);
    journal().record({clock_->now(), 0, 0, event});
    journal().flush();
    report(change.lost ? "store lost: " + change.why
                       : "store found again" + std::string(change.restarted ? ", restarted" : ""));
  }

  /// Protocol time at a moment that is not long ago.
  Moment moment_of(std::chrono::steady_clock::time_point real) const {
    const std::chrono::duration<double, std::micro> ago = std::chrono::steady_clock::now() - real;
    const auto scaled = Duration(static_cast<std::int64_t>(ago.count() * clock_->scale()));
    return std::max(clock_->now() - scaled, Moment{});
  }

  void make_recorder() {
    make_first_recorder();
    if (ControlPlane::is_wanted(options_))
      memory_journal_ =
          std::make_unique<control::MemoryJournal>(control::Limits().journal, first_recorder_);
    if (options_.verbose || (out_.is_terminal() && !options_.quiet && !options_.json))
      lines_ = std::make_unique<EventLines>(kept_journal(), options_.json ? err_ : out_,
                                            options_.verbose);
  }

  /// Where all events go first.
  journal::Recorder& journal() {
    if (lines_) return *lines_;
    return kept_journal();
  }
  journal::Recorder& kept_journal() {
    return memory_journal_ ? static_cast<journal::Recorder&>(*memory_journal_) : *first_recorder_;
  }

  /// With --http the servers can be made later, so that it begins with those that are named.
  std::vector<scenario::ScenarioPtr> chosen(const scenario::Catalogue& catalogue) {
    if (options_.patterns.empty() && !options_.http.empty()) return {};
    std::vector<scenario::ScenarioPtr> all = scenarios_for_network(
        scenarios_for_tls_option(choose(catalogue, options_.patterns), options_.run, err_),
        loopback_features(options_.run), options_.run, err_);
    return worker_ != nullptr ? scenarios_for_workers(std::move(all), *worker_, err_) : all;
  }

  /// Writes what was accepted; nothing: nobody asked for that.
  std::function<void(const session::AcceptedMail&)> keeping() {
    if (options_.keep.empty()) return nullptr;
    return [this](const session::AcceptedMail& mail) {
      const std::string trouble = kept_.keep_by_place(mail);
      if (!trouble.empty() && !std::exchange(keeping_failed_, true)) report("--keep: " + trouble);
      if (trouble.empty()) keeping_failed_ = false;
      if (!std::exchange(is_aging_, true)) delete_old_mail();
    };
  }

  /// Now, and again when the next message has reached its age.
  void delete_old_mail() {
    kept_.delete_old();
    const auto next = kept_.next_end();
    is_aging_ = next.has_value();
    if (!next) return;
    kept_timer_.expires_at(*next);
    kept_timer_.async_wait([this](boost::system::error_code error) {
      if (!error) delete_old_mail();
    });
  }

  Json ready() const {
    Json ready = service_->ready(options_);
    ready["http"] = plane_ ? plane_->ready() : Json(nullptr);
    return ready;
  }

  net::TrafficTotals totals() const {
    net::TrafficTotals all = server_->totals();
    if (!plane_) return all;
    const net::TrafficTotals made = plane_->totals();
    all.connections += made.connections;
    all.messages_accepted += made.messages_accepted;
    all.open_sessions += made.open_sessions;
    return all;
  }

  void make_first_recorder() {
    if (is_journal_in_store(options_)) {
      stream_ = &stores_->journal([this] { return clock_->now(); });
      first_recorder_ = stream_;
      run_journal_ = std::make_unique<StoredRunJournal>(checked_address("--store", options_.store),
                                                        checked_run(options_.store_run), *stream_);
      return;
    }
    make_own_recorder();
    first_recorder_ = recorder_.get();
  }

  void make_own_recorder() {
    if (options_.journal.empty()) {
      recorder_ = std::make_unique<journal::NullRecorder>();
      return;
    }
    try {
      auto file = std::make_unique<journal::FileRecorder>(
          options_.journal, [this](const std::string& message) { report(message); });
      file->allow_new_files(rotation_of(options_));
      if (worker_ != nullptr) file->share(worker_->name());
      file_ = file.get();
      recorder_ = std::move(file);
    } catch (const std::system_error& error) {
      throw CannotRun("journal " + options_.journal + ": " + error.code().message());
    }
  }

  void make_name_server() {
    names_ = open_name_server(context_, options_.run);
    if (!names_) return;
    names_->record_unknown_names(*clock_, [this](const journal::Event& event) {
      journal().record(event);
      journal().flush();
    });
  }

  void report(const std::string& message) {
    const std::string who = worker_ == nullptr ? "" : "worker " + worker_->name() + ": ";
    err_.write("tempfail serve: " + who + message + '\n');
  }

  /// The first one shows the table; that all are ready, the parent says.
  void announce_to_parent() {
    if (worker_->is_first() && !options_.json) print_table(*service_, out_);
    worker_->tell({{"ready", ready()},
                   {"ports", service_->ports()},
                   {"line", ready_line(*service_, options_, {})}});
  }

  void announce() {
    if (options_.json) {
      print_ready(ready(), out_);
      return;
    }
    print_table(*service_, out_);
    warn_if_reachable(options_, err_);
    if (plane_ && !plane_->made_token().empty())
      out_.write("token of the API: " + plane_->made_token() + '\n');
    out_.write(ready_line(*service_, options_, plane_ ? plane_->url() : std::string()));
  }

  /// SIGHUP asks for a new journal, as logrotate sends it; or it says that the terminal is gone.
  bool asks_for_journal(int signal) const {
    return signal == SIGHUP && file_ != nullptr && !stopping_ &&
           !(on_terminal_ && is_terminal_gone());
  }

  void wait_for_signal() {
    signals_.async_wait([this](boost::system::error_code error, int signal) {
      if (error) return;
      if (asks_for_journal(signal)) {
        file_->reopen();
        return wait_for_signal();
      }
      if (stopping_) { // asked twice: now
        context_.stop();
        return;
      }
      stop();
      wait_for_signal();
    });
  }

  void stop() {
    stopping_ = true;
    if (!options_.json && worker_ == nullptr) out_.write("stopping\n");
    open_ends_ = plane_ ? 2 : 1;
    const auto ended = [this] {
      if (--open_ends_ == 0) leave_store();
    };
    if (plane_) plane_->close(ended);
    server_->stop(ended);
    if (names_) names_->stop();
    kept_timer_.cancel();
  }

  /// The last thing before the end: sessions are over, and say so to the store.
  void leave_store() {
    if (!stores_) return context_.stop();
    const auto leave = [this](bool) { stores_->leave([this] { context_.stop(); }); };
    if (stream_ == nullptr) return leave(true);
    record_end();
    journal().flush();
    stream_->when_kept(leave);
  }

  void record_end() {
    if (!std::exchange(has_end_, true))
      journal().record({clock_->now(), 0, 0, journal::event::End{}});
  }

  /// Reads on to the end. A file, or a terminal that is gone, has an end like a pipe.
  void watch_stdin() {
    if (!stdin_.is_open()) stdin_.assign(::dup(STDIN_FILENO));
    stdin_.async_read_some(asio::buffer(ignored_),
                           [this](boost::system::error_code error, std::size_t) {
                             if (!error)
                               watch_stdin();
                             else if (!stopping_)
                               stop();
                           });
  }

  /// How many events are not in the journal.
  std::uint64_t end_journal() {
    record_end();
    if (stream_ != nullptr) return stream_->not_kept();
    if (file_ == nullptr) return 0;
    file_->close();
    return file_->lost();
  }

  const ServeOptions& options_;
  const Worker* worker_;
  StandardStream& out_;
  StandardStream& err_;
  asio::io_context context_;
  bool on_terminal_;
  MessageFolder kept_;            ///< of --keep
  bool keeping_failed_ = false;   ///< which was reported
  asio::steady_timer kept_timer_; ///< when the oldest of them has reached its age
  bool is_aging_ = false;         ///< the timer runs
  asio::signal_set signals_;
  asio::posix::stream_descriptor stdin_;
  std::array<char, 256> ignored_{};            ///< of standard input
  std::unique_ptr<store::RedisStores> stores_; ///< null: states are in memory
  std::unique_ptr<net::Clock> clock_;
  net::ManualClock* manual_ = nullptr;                     ///< clock_, when it is moved by hand
  std::unique_ptr<journal::Recorder> recorder_;            ///< null: the journal is in the store
  journal::FileRecorder* file_ = nullptr;                  ///< recorder_, when it writes a file
  store::StreamRecorder* stream_ = nullptr;                ///< when the journal is in the store
  std::unique_ptr<StoredRunJournal> run_journal_;          ///< likewise
  journal::Recorder* first_recorder_ = nullptr;            ///< the one of these that there is
  bool has_end_ = false;                                   ///< the journal's last event is recorded
  std::unique_ptr<control::MemoryJournal> memory_journal_; ///< before it, when there is a control
  std::unique_ptr<EventLines> lines_;                      ///< before both, when somebody watches
  std::unique_ptr<net::NameServer> names_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<FollowedClock> followed_; ///< null: no other server has this clock
  std::unique_ptr<ServedScenarios> service_;
  std::unique_ptr<ControlPlane> plane_; ///< null: nothing steers it
  bool stopping_ = false;
  int open_ends_ = 0; ///< of what is being stopped, what has not ended
};

int serve(const ServeOptions& options, Invocation& invocation) {
  check_run_options(options.run);
  check_mix(options);
  check_http(options);
  check_store(options);
  check_sizes(options);
  check_workers(options);
  if (options.clock == "manual" && options.run.time_scale != 1)
    throw UsageError("--clock manual and --time-scale can't be combined");
  prepare_tls_directory(options.tls_directory);
  raise_descriptor_limit();
  if (options.workers > 1)
    return serve_by_workers(options, invocation,
                            [&invocation](const ServeOptions& own, const Worker& worker) {
                              return ServeRun(own, invocation, &worker).run();
                            });
  let_kernel_reap_orphans();
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
