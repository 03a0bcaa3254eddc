// Runs one case: started, watched, ended, judged.
//
// The steps: server -> command (once or several times side by side) -> all have ended, or are ended because the
// watch is over -> their connections are closed, or (--queue) everything is settled or the watch is over -> what
// the commands left behind is ended -> the server stops -> verdict, on another thread. The journal is a file from the
// first event on, as that of `serve` is.
#include "cli/case_run.hpp"

#include "cli/case_judge.hpp"
#include "cli/case_plan.hpp"
#include "cli/case_server.hpp"
#include "cli/error.hpp"
#include "cli/lab_names.hpp"
#include "cli/lab_watch.hpp"
#include "cli/last_output.hpp"
#include "cli/message_folder.hpp"
#include "cli/output_file.hpp"
#include "cli/process_event.hpp"
#include "cli/result_file.hpp"
#include "cli/text.hpp"
#include "cli/watch_time.hpp"
#include "journal/recorder.hpp"
#include "net/name_server.hpp"
#include "net/server.hpp"
#include "scenario/hosts.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

namespace tempfail::cli {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// Once the command has ended, what it sent last is still on its way through the kernel.
constexpr milliseconds settle_pause{10};
/// How long its connections may stay open after it (a server that doesn't read notices late).
constexpr milliseconds close_limit{5000};
net::ServerSettings case_settings(const TestOptions& options) {
  net::ServerSettings settings = settings_of(options.run);
  settings.drain = std::chrono::seconds(2);
  settings.limits.look_for_marks = true;
  settings.limits.keep_messages = true;
  return settings;
}

} // namespace

/// The one server of a case, in its journal.
constexpr std::uint32_t server_number = 1;

struct CaseRun::Impl : std::enable_shared_from_this<CaseRun::Impl> {
  Impl(asio::io_context& context_, asio::thread_pool& workers, scenario::ScenarioPtr scenario_,
       const TestOptions& options_, CaseNetwork names_, fs::path report_directory_, Done done_)
      : context(context_), scenario(std::move(scenario_)), options(options_),
        names(std::move(names_)), folder(case_folder(*scenario)),
        directory(std::move(report_directory_) / folder),
        case_judge(context_, workers, scenario, directory / "journal.jsonl"),
        done(std::move(done_)), received(directory),
        clock(net::make_scaled_clock(context_, options_.run.time_scale)), timer(context_),
        began(steady_clock::now()) {}

  void start();
  void start_command(std::size_t index);
  void command_ended(std::size_t index, const ProcessExit& exit);
  void record(std::uint32_t of_server, const journal::Body& body);
  void read_results(std::size_t index, bool last);
  void make_server();
  CaseServerAddress open_server();
  CaseServerAddress open_in_lab(const LabScenario& placed);
  void open_journal();
  void limit_commands();
  void all_commands_ended();
  void wait_for_close(steady_clock::time_point limit);
  void watch();
  void set_watch_timer(Duration time, milliseconds least, void (Impl::*when_over)());
  void end_commands();
  void something_happened();
  void look();
  void looked(bool settled);
  void fell_silent();
  void queue_emptied();
  void let_in_what_comes();
  void finish();
  void end_groups(std::size_t index);
  void stop_server();
  void judge();
  void end_case(CaseEnd end);

  bool uses_tls() const {
    const auto hosts = scenario::hosts_of(*scenario);
    return options.run.tls || options.run.starttls ||
           std::any_of(hosts.begin(), hosts.end(), [](const scenario::Host& host) {
             return host.server.tls != scenario::TlsMode::none;
           });
  }
  /// What goes wrong is in names, and the sender is declared to look up none: there is nothing to run.
  bool is_declared_away() const {
    return scenario::needs_name_server(*scenario) && options.run.is_without("mx");
  }
  asio::io_context& context;
  scenario::ScenarioPtr scenario;
  const TestOptions& options;
  CaseNetwork names;
  fs::path folder;
  fs::path directory;
  CaseJudge case_judge;
  Done done;
  std::function<void()> sender_came; ///< null: it has been called, or nobody asks
  MessageFolder received;
  std::unique_ptr<net::Clock> clock;
  asio::steady_timer timer;
  steady_clock::time_point began;
  std::unique_ptr<journal::FileRecorder> recorder;
  std::string journal_error;        ///< why the journal can't be written
  std::unique_ptr<lab::Lab> sealed; ///< where it all happens; null: on this machine's loopback
  std::unique_ptr<net::NameServer> own_names; ///< of the lab
  std::unique_ptr<net::Server> server;
  std::optional<LabWatch> watch_cable;
  std::vector<CommandRun> runs;
  std::vector<ResultFile> results; ///< of each run
  std::uint64_t connections = 0;   ///< once the server has stopped
  std::shared_ptr<OutputFile> output;
  std::vector<std::unique_ptr<Process>> processes;
  std::size_t running = 0;
  std::size_t audible = 0;  ///< commands of which something is left that could still print
  bool handed_over = false; ///< a run of the command ended with 0
  bool watching = false;
  bool look_pending = false;
  bool look_again = false;  ///< something happened since the look under way began
  bool watching_on = false; ///< everything is settled; only what must not come is waited for
  Moment watch_ends{};
  bool finishing = false;
  bool aborted = false;
  net::Clock::TimerId watch_timer = 0;
  std::string start_error; ///< why the case could not be run
};

void CaseRun::Impl::start() {
  std::error_code error;
  fs::remove_all(directory, error); // of an earlier run
  fs::create_directories(directory, error);
  if (error) throw CannotRun(directory.string() + ": " + error.message());
  open_journal();
  record_run(*recorder, options.run, options.run.time_scale);
  if (is_declared_away()) {
    // From the loop: whoever starts a case does not expect its end before it has begun.
    asio::post(context, [self = shared_from_this()] { self->judge(); });
    return;
  }
  make_server();
  runs = plan_runs(*scenario, options, directory, open_server());
  server->on_activity([self = weak_from_this()] {
    if (const auto impl = self.lock()) impl->something_happened();
  });
  for (const CommandRun& run : runs) {
    write_files(run.handovers, run.setting, run.files);
    results.emplace_back(run.setting.result_file);
  }
  output = std::make_shared<OutputFile>(directory / "output.txt");
  processes.resize(runs.size());
  running = audible = runs.size();
  limit_commands();
  for (std::size_t i = 0; i < runs.size(); ++i)
    start_command(i);
}

void CaseRun::Impl::make_server() {
  net::ServerSettings settings = case_settings(options);
  if (uses_tls()) settings.tls_directory = (directory / "tls").string();
  if (options.lab) {
    sealed = make_lab({scenario});
    settings = settings_in_lab(std::move(settings), *sealed);
  }
  server = std::make_unique<net::Server>(context, *clock, *recorder, settings,
                                         [self = weak_from_this()](const std::string& message) {
                                           if (const auto impl = self.lock())
                                             impl->record(0, journal::event::Note{message});
                                         });
  keep_accepted(received, *server, *clock, *recorder);
}

/// Starts to serve, and says where.
CaseServerAddress CaseRun::Impl::open_server() {
  CaseServerAddress place =
      sealed ? open_in_lab(*names.lab) : serve_case(scenario, options, names, *server);
  if (uses_tls()) place.ca = (directory / "tls/ca.pem").string();
  return place;
}

CaseServerAddress CaseRun::Impl::open_in_lab(const LabScenario& placed) {
  const auto recording = [this](const journal::Event& event) {
    recorder->record(event);
    recorder->flush();
  };
  watch_cable.emplace(context, *sealed, *server);
  own_names = open_name_server(context, *sealed, *clock, recording);
  serve(placed, *sealed, *server, *own_names);
  serve_sender_domain(scenario, *clock, recording, *sealed, *server, *own_names);
  return case_server_in_lab(placed);
}

void CaseRun::Impl::open_journal() {
  try {
    recorder = std::make_unique<journal::FileRecorder>(
        directory / "journal.jsonl",
        [this](const std::string& message) { journal_error = message; });
  } catch (const std::system_error& failed) {
    throw CannotRun(std::string("journal ") + failed.what());
  }
}

void CaseRun::Impl::record(std::uint32_t of_server, const journal::Body& body) {
  recorder->record({clock->now(), 0, of_server, body});
  recorder->flush();
}

void CaseRun::Impl::start_command(std::size_t index) {
  ProcessOptions process;
  process.arguments = runs[index].arguments;
  process.environment = runs[index].environment;
  process.output = output;
  process.lab_side = sealed.get();
  for (Handover& handover : runs[index].handovers) {
    cli::record(handover, clock->now(), server_number, *recorder);
    handover.message = {}; // it may be large, and is in its file
  }
  if (options.ends_when_empty)
    process.on_output_end = [self = weak_from_this()] {
      if (const auto impl = self.lock()) impl->fell_silent();
    };
  process.grace = options.grace;
  process.timeout = milliseconds(static_cast<std::int64_t>(options.timeout_seconds * 1000));
  record(server_number, ProcessEvent(process.arguments, ids_of(runs[index].handovers)).started());
  const auto on_exit = [self = weak_from_this(), index](const ProcessExit& exit) {
    if (const auto impl = self.lock()) impl->command_ended(index, exit);
  };
  try {
    processes[index] = std::make_unique<Process>(context, std::move(process), on_exit);
  } catch (const std::system_error& error) {
    start_error = std::string("the command could not be started: ") + error.what();
    asio::post(context, [on_exit] { on_exit({127}); });
  }
}

void CaseRun::Impl::command_ended(std::size_t index, const ProcessExit& exit) {
  const ProcessEvent event(runs[index].arguments, ids_of(runs[index].handovers));
  journal::event::Process sender = event.ended(exit);
  sender.queue = options.queue && exit.code == 0;
  if (exit.ended == journal::event::ProcessEnd::itself)
    sender.meaning = options.exit_map.meaning(exit.code);
  record(server_number, sender);
  read_results(index, false);
  if (exit.code == 0) handed_over = true;
  if (--running == 0) all_commands_ended();
}

/// What the sender says became of its messages. A queue may say so later than the command ends.
void CaseRun::Impl::read_results(std::size_t index, bool last) {
  results[index].read_on(runs[index].handovers, last,
                         [this](const journal::Body& body) { record(server_number, body); });
}

void CaseRun::Impl::all_commands_ended() {
  if (watch_timer != 0) clock->cancel(std::exchange(watch_timer, 0));
  if (aborted) return finish();
  timer.expires_after(settle_pause);
  timer.async_wait([self = weak_from_this()](boost::system::error_code error) {
    const auto impl = self.lock();
    if (error || !impl || impl->finishing) return;
    if (impl->options.queue && impl->handed_over)
      impl->watch();
    else
      impl->wait_for_close(steady_clock::now() + close_limit);
  });
}

void CaseRun::Impl::wait_for_close(steady_clock::time_point limit) {
  if (server->open_sessions("") == 0 || steady_clock::now() >= limit) return finish();
  timer.expires_after(settle_pause);
  timer.async_wait([self = weak_from_this(), limit](boost::system::error_code error) {
    const auto impl = self.lock();
    if (!error && impl && !impl->finishing) impl->wait_for_close(limit);
  });
}

void CaseRun::Impl::set_watch_timer(Duration time, milliseconds least, void (Impl::*when_over)()) {
  if (watch_timer != 0) clock->cancel(watch_timer);
  const auto shortest =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(
          static_cast<double>(least.count()) * clock->scale()));
  watch_ends = clock->now() + std::max(time, shortest);
  watch_timer = clock->schedule(watch_ends, [self = weak_from_this(), when_over] {
    const auto impl = self.lock();
    if (!impl) return;
    impl->watch_timer = 0;
    (impl.get()->*when_over)();
  });
}

/// A command that never ends is judged by what was seen within the watch time.
void CaseRun::Impl::limit_commands() {
  set_watch_timer(watch_time(*scenario, options), shortest_command_time(*scenario),
                  &Impl::end_commands);
}

void CaseRun::Impl::end_commands() {
  for (const auto& process : processes)
    if (process) process->terminate(journal::event::ProcessEnd::watch);
}

void CaseRun::Impl::watch() {
  watching = true;
  if (options.ends_when_empty && audible == 0) return queue_emptied();
  set_watch_timer(watch_time(*scenario, options), shortest_watch, &Impl::finish);
  look();
}

/// What a command left behind has ended. Where senders end so when their queue is empty, the last one says that of all.
void CaseRun::Impl::fell_silent() {
  if (--audible == 0 && watching && !finishing) queue_emptied();
}

void CaseRun::Impl::queue_emptied() {
  record(server_number, journal::event::QueueEmpty{});
  let_in_what_comes();
}

void CaseRun::Impl::something_happened() {
  if (sender_came && server->totals().connections != 0) std::exchange(sender_came, nullptr)();
  look();
}

/// Is there anything left to wait for? Many events of one moment are one look, and what happens
/// while the judge looks is the next one's.
void CaseRun::Impl::look() {
  if (!watching || finishing) return;
  if (std::exchange(look_pending, true)) {
    look_again = true;
    return;
  }
  look_again = false;
  timer.expires_after(settle_pause);
  timer.async_wait([self = weak_from_this()](boost::system::error_code error) {
    const auto impl = self.lock();
    if (error || !impl || impl->finishing) return;
    impl->look_again = false;
    if (impl->server->open_sessions("") != 0) return impl->looked(false);
    impl->case_judge.look([self](bool settled) {
      if (const auto still = self.lock()) still->looked(settled);
    });
  });
}

void CaseRun::Impl::looked(bool settled) {
  if (finishing) return;
  look_pending = false;
  const bool is_settled = settled && server->open_sessions("") == 0;
  const std::optional<Duration> on = settle_time(options);
  if (is_settled && on && *on == Duration::zero()) return finish();
  if (is_settled && on && !watching_on) {
    watching_on = true;
    // Not beyond the watch: its timer ends the case, too.
    const Duration left = watch_ends - clock->now();
    set_watch_timer(std::min(*on, std::max(left, Duration::zero())), milliseconds(0),
                    &Impl::let_in_what_comes);
  }
  if (look_again) look();
}

/// A copy that is just coming is let in.
void CaseRun::Impl::let_in_what_comes() {
  wait_for_close(steady_clock::now() + close_limit);
}

void CaseRun::Impl::finish() {
  if (finishing) return;
  finishing = true;
  timer.cancel();
  if (watch_timer != 0) clock->cancel(watch_timer);
  end_groups(0);
}

void CaseRun::Impl::end_groups(std::size_t index) {
  while (index < processes.size() && !processes[index])
    ++index;
  if (index == processes.size()) return stop_server();
  processes[index]->end_group([self = weak_from_this(), index] {
    if (const auto impl = self.lock()) impl->end_groups(index + 1);
  });
}

void CaseRun::Impl::stop_server() {
  if (!server) return; // nothing was run, and the verdict is on its way
  if (sealed) sealed->end_sender();
  watch_cable.reset();
  server->stop([self = weak_from_this()] {
    // Judged outside of the server's own call, which the verdict destroys.
    const auto impl = self.lock();
    if (impl) asio::post(impl->context, [impl] { impl->judge(); });
  });
}

void CaseRun::Impl::judge() {
  if (server) connections = server->totals().connections;
  server.reset(); // nothing is recorded after the end
  own_names.reset();
  for (std::size_t i = 0; i < results.size(); ++i)
    read_results(i, true);
  record(0, journal::event::End{});
  recorder->close();
  if (recorder->lost() != 0 && start_error.empty())
    start_error = journal_error + "; " + counted(recorder->lost(), "event") + " of it lost";
  if (output) output->finish();
  CaseEnd end;
  if (!runs.empty()) end.command = shell_quoted(runs.front().arguments);
  end.result.seconds = std::chrono::duration<double>(steady_clock::now() - began).count();
  end.result.journal_file = (folder / "journal.jsonl").string();
  end.result.output_file = (folder / "output.txt").string();
  end.result.mail_files = mail_files(directory, folder);
  if (aborted) return end_case(std::move(end));
  case_judge.judge([self = weak_from_this(), end](verdict::CaseVerdict verdict) mutable {
    const auto impl = self.lock();
    if (!impl) return;
    end.result.verdict = std::move(verdict);
    impl->end_case(std::move(end));
  });
}

void CaseRun::Impl::end_case(CaseEnd end) {
  end.aborted = aborted; // it may have been while the judge was at work
  report::CaseResult& result = end.result;
  if (!aborted) {
    if (!start_error.empty()) result.verdict.run_error = start_error;
    end.sender_never_connected = connections == 0 && result.verdict.not_applicable.empty();
    if (end.sender_never_connected) add_last_output_line(result.verdict, directory / "output.txt");
    // A command that says with its exit status that it failed has not handed over to anybody.
    end.claimed_success =
        handed_over && std::any_of(result.verdict.findings.begin(), result.verdict.findings.end(),
                                   [](const verdict::Finding& finding) {
                                     return finding.rule == "retry" &&
                                            finding.outcome == verdict::Outcome::fail &&
                                            !finding.evidence.empty(); // of the refusal
                                   });
  }
  if (Done callback = std::exchange(done, nullptr)) callback(std::move(end));
}

CaseRun::CaseRun(asio::io_context& context, asio::thread_pool& workers,
                 scenario::ScenarioPtr scenario, const TestOptions& options, CaseNetwork names,
                 fs::path report_directory, Done done)
    : impl_(std::make_shared<Impl>(context, workers, std::move(scenario), options, std::move(names),
                                   std::move(report_directory), std::move(done))) {}

CaseRun::~CaseRun() = default;

void CaseRun::start(std::function<void()> sender_came) {
  impl_->sender_came = std::move(sender_came);
  impl_->start();
}

void CaseRun::abort() {
  impl_->aborted = true;
  for (const auto& process : impl_->processes)
    if (process) process->terminate(journal::event::ProcessEnd::interrupt);
  if (impl_->running == 0) impl_->finish();
}

const scenario::Scenario& CaseRun::scenario() const {
  return *impl_->scenario;
}

} // namespace tempfail::cli
