// Starts programs, waits for them on a pidfd, and ends their process groups and their orphans.
//
// Rules of this file: the leader is not reaped before nobody needs its process id any more, so that
// a signal to the group can never hit a stranger who was given the same number.
#include "cli/process.hpp"

#include "cli/orphans.hpp"
#include "cli/output_file.hpp"
#include "cli/spawn.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace tempfail::cli {

namespace asio = boost::asio;
using boost::system::error_code;
using journal::event::ProcessEnd;

namespace {

/// What is read of a program's output before others have their turn; and what is still read of it when it has
/// ended, where others of its group may print for ever.
constexpr std::size_t at_once = std::size_t{64} << 10U;        // bytes
constexpr std::size_t kept_at_the_end = std::size_t{1} << 20U; // bytes

/// After SIGKILL nobody is waited for longer than this: a process in the kernel's hands, or another user's, may stay.
constexpr std::chrono::seconds patience_after_kill{2};

/// Programs that run and are not reaped.
RunningPrograms& leaders() {
  static RunningPrograms all;
  return all;
}

/// By number: glibc 2.36's <sys/pidfd.h> can't be used from C++.
int open_pidfd(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

/// The system call itself tells what was used, too; glibc's function does not.
int wait_without_reaping(pid_t pid, siginfo_t& info, rusage& used) {
  return static_cast<int>(::syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOWAIT, &used));
}

std::chrono::microseconds to_duration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

} // namespace

struct Process::Impl : std::enable_shared_from_this<Process::Impl> {
  Impl(asio::io_context& context, ProcessOptions given, ExitHandler handler)
      : options(std::move(given)), on_exit(std::move(handler)), exit_watch(context),
        printed(context), limit(context), killer(context) {}

  /// Its output comes through a pipe.
  void start_with_pipe(SpawnRequest& request) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      throw std::system_error(errno, std::generic_category(), "pipe");
    printed.assign(ends[0]);
    printed.non_blocking(true);
    request.output = ends[1];
    try {
      pid = spawn(request);
    } catch (...) {
      ::close(ends[1]);
      throw;
    }
    ::close(ends[1]);
    read_on();
  }

  void start() {
    if (options.output &&
        options.lab_side == nullptr) { // in a lab, process 1 there takes orphans in
      adopt_orphans();
      tag = make_process_tag();
      options.environment.push_back(tag);
    }
    SpawnRequest request{options.arguments, options.environment, -1, options.lab_side};
    if (options.output)
      start_with_pipe(request);
    else
      pid = spawn(request);
    leaders().insert(pid);
    const int fd = open_pidfd(pid);
    if (fd < 0) {
      const int error = errno;
      signal_group(SIGKILL);
      reap();
      throw std::system_error(error, std::generic_category(), "pidfd_open");
    }
    exit_watch.assign(fd);
    exit_watch.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](error_code error) {
                            if (!error) self->leader_ended();
                          });
    if (options.timeout.count() <= 0) return;
    limit.expires_after(options.timeout);
    limit.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->terminate(ProcessEnd::timeout);
    });
  }

  /// Keeps what the program prints, until nobody can print any more.
  void read_on() {
    printed.async_wait(asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](error_code error) {
                         if (!error && self->keep_printed(at_once)) self->read_on();
                       });
  }

  /// Takes what is there, at most `most` bytes. False: it was the last.
  bool keep_printed(std::size_t most) {
    std::array<char, 16384> buffer{};
    error_code error;
    for (std::size_t kept = 0; kept < most && printed.is_open();) {
      const std::size_t size = printed.read_some(asio::buffer(buffer), error);
      if (error == asio::error::would_block) return true;
      if (error) {
        printed.close(error);
        if (options.on_output_end)
          asio::post(printed.get_executor(), std::exchange(options.on_output_end, nullptr));
        return false;
      }
      options.output->write({buffer.data(), size});
      kept += size;
    }
    return printed.is_open();
  }

  /// A program on our terminal is in our own group: it alone is meant then.
  int signal_group(int signal) const {
    if (pid <= 0) return 0;
    return ::kill(options.output ? -pid : pid, signal);
  }

  void terminate(ProcessEnd who) {
    if (!exited && ended == ProcessEnd::itself) ended = who;
    signal_group(SIGTERM);
    signal_group(SIGCONT); // a stopped one would never see it
    if (!kill_at) kill_at = std::chrono::steady_clock::now() + options.grace;
    killer.expires_at(*kill_at);
    killer.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->signal_group(SIGKILL);
    });
  }

  void leader_ended() {
    siginfo_t info{};
    rusage used{};
    if (wait_without_reaping(pid, info, used) != 0) return;
    exited = true;
    limit.cancel();
    if (options.output) keep_printed(kept_at_the_end);
    ProcessExit result;
    result.code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
    result.ended = ended;
    result.user = to_duration(used.ru_utime);
    result.system = to_duration(used.ru_stime);
    if (ended != ProcessEnd::itself)
      signal_group(SIGTERM); // what it left behind gets the rest of the grace
    if (ExitHandler handler = std::exchange(on_exit, nullptr)) handler(result);
  }

  /// Signals all that is left of the program (0: none), and returns whether there is anything. The leader is reaped
  /// first: a zombie counts as a member of the group. While others of it live, the kernel gives its number to nobody
  /// else.
  bool signal_rest(int signal) {
    bool rest = false;
    if (pid > 0) {
      while (::waitpid(-pid, nullptr, WNOHANG) > 0) {
      }
      rest = signal_group(signal) == 0 || errno != ESRCH;
      if (!rest) pid = 0;
    }
    if (tag.empty()) return rest;
    reap_orphans(leaders());
    return signal_orphans(tag, leaders(), signal) != 0 || rest;
  }

  /// Polls until nobody is left, or won't go.
  void wait_for_rest(std::function<void()> done) {
    const auto now = std::chrono::steady_clock::now();
    const bool rest = options.output && signal_rest(now >= *kill_at ? SIGKILL : 0);
    if (!rest || now >= *kill_at + patience_after_kill) {
      pid = 0;
      if (options.output) keep_printed(kept_at_the_end);
      close_printed();
      done();
      return;
    }
    limit.expires_after(std::chrono::milliseconds(20));
    limit.async_wait([self = shared_from_this(), done = std::move(done)](error_code error) {
      if (!error) self->wait_for_rest(done);
    });
  }

  void end_group(std::function<void()> done) {
    killer.cancel();
    reap();
    if (options.output) signal_rest(SIGTERM);
    if (!kill_at) kill_at = std::chrono::steady_clock::now() + options.grace;
    wait_for_rest(std::move(done));
  }

  void reap() {
    if (reaped || pid <= 0) return;
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    reaped = true;
    leaders().erase(pid);
  }

  void close_printed() {
    error_code ignored;
    printed.close(ignored);
  }

  void abandon() {
    on_exit = nullptr;
    options.on_output_end = nullptr;
    error_code ignored;
    close_printed();
    exit_watch.close(ignored);
    limit.cancel();
    killer.cancel();
    signal_group(SIGKILL);
    reap();
    if (options.output) signal_rest(SIGKILL);
    pid = 0;
  }

  ProcessOptions options;
  ExitHandler on_exit;
  asio::posix::stream_descriptor exit_watch;
  asio::posix::stream_descriptor printed; ///< the pipe's end that is read
  asio::steady_timer limit;
  asio::steady_timer killer;
  pid_t pid = 0;
  /// SIGTERM was sent, and this is when its grace is over: once, whoever was meant.
  std::optional<std::chrono::steady_clock::time_point> kill_at;
  std::string tag; ///< in the program's environment; empty: nothing is looked for by it
  ProcessEnd ended = ProcessEnd::itself;
  bool exited = false;
  bool reaped = false;
};

Process::Process(asio::io_context& context, ProcessOptions options, ExitHandler on_exit)
    : impl_(std::make_shared<Impl>(context, std::move(options), std::move(on_exit))) {
  impl_->start();
}

Process::~Process() {
  impl_->abandon();
}

void Process::terminate(ProcessEnd who) {
  impl_->terminate(who);
}

void Process::end_group(std::function<void()> done) {
  impl_->end_group(std::move(done));
}

int Process::pid() const {
  return impl_->pid;
}

} // namespace tempfail::cli
