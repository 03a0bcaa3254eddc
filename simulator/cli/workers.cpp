// The parent of the workers. It has no thread and no io_context, so that it can fork.
#include "cli/workers.hpp"

#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/hung_up.hpp"
#include "cli/port_error.hpp"
#include "cli/private_redis.hpp"
#include "cli/ready_file.hpp"
#include "cli/run_options.hpp"
#include "cli/serve_table.hpp"
#include "cli/text.hpp"
#include "net/certificate_authority.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace tempfail::cli {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void fail(const std::string& what) {
  throw CannotRun(what + ": " + std::generic_category().message(errno));
}

/// A descriptor that is closed at its end.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

/// Signals as something to read; in a child, signals again.
class Signals {
 public:
  Signals() {
    ::sigemptyset(&wanted_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD})
      ::sigaddset(&wanted_, number);
    ::sigprocmask(SIG_BLOCK, &wanted_, &before_);
    fd_ = Descriptor(::signalfd(-1, &wanted_, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd_.is_open()) fail("signalfd");
  }
  ~Signals() { restore(); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int get() const { return fd_.get(); }
  void restore() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  /// The next one that has come; 0: none has.
  int next() const {
    signalfd_siginfo info{};
    return ::read(fd_.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo)
                                                                : 0;
  }

 private:
  sigset_t wanted_{};
  sigset_t before_{};
  Descriptor fd_;
};

/// A worker as its parent sees it.
struct Child {
  unsigned number = 0;
  pid_t process = 0; ///< 0: it has ended
  Descriptor from;
  std::string unread;
  std::optional<Json> ready;   ///< what it said when its ports were open
  std::optional<Json> summary; ///< and at its end
  int status = 0;              ///< as waitpid() tells it
};

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return "was ended by signal " + std::to_string(WTERMSIG(status));
  return "ended with exit status " + std::to_string(WEXITSTATUS(status));
}

class Parent {
 public:
  Parent(const ServeOptions& options, Invocation& invocation, const ServeAsWorker& serve)
      : options_(options), out_(invocation.out), err_(invocation.err), serve_(serve) {
    if (options_.store.empty()) store_.emplace();
    certificate_authority_ = net::make_shared_certificate_authority();
  }

  int run() {
    std::vector<std::uint16_t> ports;
    for (unsigned number = 1; number <= options_.workers; ++number) {
      if (const auto code = start(number, ports)) return *code; // this is the worker
      if (number == 1) {
        wait_until([this] { return children_.front().ready || is_any_gone(); });
        if (!children_.front().ready || stopping_) break;
        ports = (*children_.front().ready)["ports"].get<std::vector<std::uint16_t>>();
      }
    }
    wait_until([this] { return are_all_ready() || is_any_gone(); });
    std::optional<ReadyFile> ready_file;
    if (are_all_ready() && !stopping_) {
      ready_file.emplace(options_.ready_file, ready());
      announce();
      is_serving_ = true;
    } else {
      stop();
    }
    wait_until([this] { return are_all_gone(); });
    return sum_up();
  }

 private:
  /// Its exit code in the worker, nothing in the parent.
  std::optional<int> start(unsigned number, const std::vector<std::uint16_t>& ports) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
    Descriptor from(ends[0]);
    Descriptor to(ends[1]);
    const pid_t parent = ::getpid();
    const pid_t process = ::fork();
    if (process < 0) fail("fork");
    if (process == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM); // however the parent ends, so does this
      if (::getppid() != parent) ::_exit(exit_cannot_run);
      return be_worker(number, ports, to.get());
    }
    Child& child = children_.emplace_back();
    child.number = number;
    child.process = process;
    child.from = std::move(from);
    return std::nullopt;
  }

  int be_worker(unsigned number, const std::vector<std::uint16_t>& ports, int to_parent) {
    // What a terminal sends to the group of its program is the parent's to pass on.
    ::setpgid(0, 0);
    if (const int nothing = ::open("/dev/null", O_RDONLY); nothing >= 0) {
      ::dup2(nothing, STDIN_FILENO);
      if (nothing != STDIN_FILENO) ::close(nothing);
    }
    children_.clear(); // ends of pipes
    signals_.restore();
    ServeOptions own = options_;
    own.ready_file.clear();
    own.until_stdin_ends = false;
    if (store_) own.store = store_->address();
    if (number != 1) own.tls_directory.clear(); // one writes the authority of all
    if (!own.keep.empty()) own.keep += "/worker-" + std::to_string(number);
    return serve_(own, Worker{number, to_parent, certificate_authority_, ports});
  }

  template <typename Holds>
  void wait_until(Holds&& holds) {
    while (!holds())
      wait_for_something();
  }

  void wait_for_something() {
    std::vector<pollfd> asked = {{signals_.get(), POLLIN, 0}};
    const bool asks_stdin = options_.until_stdin_ends && !stopping_;
    if (asks_stdin) asked.push_back({STDIN_FILENO, POLLIN, 0});
    for (const Child& child : children_)
      if (child.from.is_open()) asked.push_back({child.from.get(), POLLIN, 0});
    if (::poll(asked.data(), asked.size(), -1) < 0 && errno != EINTR) fail("poll");
    for (Child& child : children_)
      for (const pollfd& fd : asked)
        if (child.from.is_open() && fd.fd == child.from.get() && fd.revents != 0) read_from(child);
    if (asks_stdin && asked[1].revents != 0) read_stdin();
    while (const int number = signals_.next())
      on_signal(number);
  }

  void read_stdin() {
    std::array<char, 256> ignored{};
    if (::read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) stop();
  }

  static void read_from(Child& child) {
    std::array<char, 65536> piece{};
    const ssize_t size = ::read(child.from.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) return;
    if (size <= 0) return child.from.close();
    child.unread.append(piece.data(), static_cast<std::size_t>(size));
    for (std::size_t end = 0; (end = child.unread.find('\n')) != std::string::npos;) {
      Json message = Json::parse(child.unread.substr(0, end));
      child.unread.erase(0, end + 1);
      (message.contains("ports") ? child.ready : child.summary) = std::move(message);
    }
  }

  void on_signal(int number) {
    if (number == SIGCHLD) return wait_for_children();
    if (number == SIGHUP && !options_.journal.empty() && !stopping_ && !is_terminal_gone())
      return pass_on(SIGHUP);               // the journal is to be opened again
    if (stopping_) return pass_on(SIGTERM); // asked twice: now
    if (!options_.json) out_.write("stopping\n");
    stop();
  }

  void stop() {
    if (!std::exchange(stopping_, true)) pass_on(SIGTERM);
  }

  void pass_on(int number) const {
    for (const Child& child : children_)
      if (child.process > 0) ::kill(child.process, number);
  }

  void wait_for_children() {
    int status = 0;
    for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      if (store_ && ended == store_->process()) {
        store_->has_ended();
        on_loss("redis-server " + how_it_ended(status));
      }
      for (Child& child : children_)
        if (child.process == ended) on_end(child, status);
    }
  }

  void on_end(Child& child, int status) {
    child.process = 0;
    child.status = status;
    while (child.from.is_open())
      read_from(child);
    if (!stopping_ && is_serving_)
      on_loss("worker " + std::to_string(child.number) + " " + how_it_ended(status));
  }

  void on_loss(const std::string& what) {
    if (stopping_) return;
    lost_ = true;
    err_.write("tempfail serve: " + what + ": all are stopped\n");
    stop();
  }

  bool are_all_ready() const {
    return children_.size() == options_.workers &&
           std::all_of(children_.begin(), children_.end(),
                       [](const Child& child) { return child.ready && child.process > 0; });
  }
  bool is_any_gone() const {
    return stopping_ || std::any_of(children_.begin(), children_.end(),
                                    [](const Child& child) { return child.process == 0; });
  }
  bool are_all_gone() const {
    return std::all_of(children_.begin(), children_.end(),
                       [](const Child& child) { return child.process == 0; });
  }

  /// As the first worker says it, but for the process to signal.
  Json ready() const {
    Json ready = (*children_.front().ready)["ready"];
    ready["pid"] = ::getpid();
    ready["workers"] = Json::array();
    for (const Child& child : children_)
      ready["workers"].push_back(child.process);
    return ready;
  }

  void announce() {
    if (options_.json) {
      print_ready(ready(), out_);
      return;
    }
    const Json& first = *children_.front().ready;
    warn_if_reachable(options_, err_);
    out_.write(first["line"].get<std::string>());
  }

  /// What all have served; the exit code.
  int sum_up() {
    net::TrafficTotals all;
    std::uint64_t events_lost = 0;
    int code = lost_ ? exit_cannot_run : exit_ok;
    for (const Child& child : children_) {
      // A second signal may come when a worker has summed up and is about to exit.
      const bool was_about_to = stopping_ && child.summary && WIFSIGNALED(child.status) &&
                                WTERMSIG(child.status) == SIGTERM;
      const bool ended_well =
          was_about_to || (WIFEXITED(child.status) && WEXITSTATUS(child.status) == exit_ok);
      if (!ended_well && code == exit_ok)
        code = WIFEXITED(child.status) ? WEXITSTATUS(child.status) : exit_cannot_run;
      if (!child.summary) continue;
      const Json& summary = *child.summary;
      all.connections += summary["connections"].get<std::uint64_t>();
      all.messages_accepted += summary["messages_accepted"].get<std::uint64_t>();
      all.open_sessions += summary["reset"].get<std::uint64_t>();
      events_lost += summary["journal_events_lost"].get<std::uint64_t>();
    }
    if (is_serving_) print_summary(all, events_lost, options_.json, out_);
    return code;
  }

  const ServeOptions& options_;
  StandardStream& out_;
  StandardStream& err_;
  const ServeAsWorker& serve_;
  std::optional<PrivateRedis> store_; ///< nothing: the user's
  Signals signals_;
  std::shared_ptr<const net::Identity> certificate_authority_;
  std::vector<Child> children_;
  bool is_serving_ = false;
  bool stopping_ = false;
  bool lost_ = false; ///< what should have lasted has ended
};

} // namespace

void check_workers(const ServeOptions& options) {
  if (options.workers == 1) return;
  const auto refuse = [](const std::string& option, const std::string& why) {
    throw UsageError(option + " and --workers can't be combined: " + why);
  };
  if (options.clock == "manual")
    refuse("--clock manual", "only one process can have a clock that is moved by hand");
  if (!options.http.empty()) refuse("--http", "the API would show only the sessions of one worker");
  if (!options.control.empty())
    refuse("--control", "commands of \"tempfail control\" would reach only one worker");
  if (!options.run.dns.empty()) refuse("--dns", "each worker would count queries separately");
  if (!options.journal_rotate.empty())
    refuse("--journal-rotate",
           "use logrotate and SIGHUP, at which all workers open the journal again");
}

std::vector<scenario::ScenarioPtr>
scenarios_for_workers(std::vector<scenario::ScenarioPtr> scenarios, const Worker& worker,
                      StandardStream& err) {
  std::vector<std::string> left_out;
  std::erase_if(scenarios, [&](const scenario::ScenarioPtr& scenario) {
    if (!scenario->server.listen) return false;
    left_out.push_back(scenario->name);
    return true;
  });
  if (left_out.empty()) return scenarios;
  const std::string names = joined(left_out, ", ");
  if (scenarios.empty())
    throw UsageError("no scenario is left: with --workers, scenarios whose ports do not always "
                     "accept connections are left out (" +
                     names + ")");
  if (worker.is_first())
    err.write("tempfail: left out, because with --workers a port always accepts connections: " +
              names + '\n');
  return scenarios;
}

int serve_by_workers(const ServeOptions& options, Invocation& invocation,
                     const ServeAsWorker& serve) {
  return Parent(options, invocation, serve).run();
}

} // namespace tempfail::cli
