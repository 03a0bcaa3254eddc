// posix_spawn where it can; fork, enter, exec where the program runs in a lab.
//
// Rule of this file: between fork and exec there are system calls only, because the threads that are not there any more
// may have held locks.
#include "cli/spawn.hpp"

#include "lab/lab.hpp"
#include "lab/signals_wait.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <spawn.h>
#include <string_view>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace tempfail::cli {

namespace {

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

/// What posix_spawn needs, freed at the end of the scope.
struct SpawnPlan {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};

  explicit SpawnPlan(int output) {
    ::posix_spawn_file_actions_init(&actions);
    if (output >= 0) {
      ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
      ::posix_spawn_file_actions_adddup2(&actions, output, 1);
      ::posix_spawn_file_actions_adddup2(&actions, output, 2);
    }
    ::posix_spawn_file_actions_addclosefrom_np(&actions, 3); // no socket of ours may leak
    ::posix_spawnattr_init(&attributes);
    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &all); // SIGPIPE is ignored here, not there
    ::posix_spawnattr_setsigmask(&attributes, &none);
    int flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (output >= 0) flags |= POSIX_SPAWN_SETSID;
    ::posix_spawnattr_setflags(&attributes, static_cast<short>(flags));
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts)
    result.push_back(const_cast<char*>(text.c_str())); // exec's interface; it changes nothing
  result.push_back(nullptr);
  return result;
}

/// Our environment, with `extra` in place of what has the same name.
std::vector<std::string> merged_environment(const std::vector<std::string>& extra) {
  std::vector<std::string> result = extra;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('=') + 1);
    bool replaced = false;
    for (const std::string& own : extra)
      replaced = replaced || own.starts_with(name);
    if (!replaced) result.emplace_back(text);
  }
  return result;
}

pid_t spawn_here(const SpawnRequest& request, char** arguments, char** environment) {
  const SpawnPlan plan(request.output);
  pid_t pid = 0;
  const int error =
      ::posix_spawnp(&pid, arguments[0], &plan.actions, &plan.attributes, arguments, environment);
  if (error != 0) fail(error, request.arguments.front());
  return pid;
}

// --- In a lab.

/// Descriptor on which a child tells what kept it from running its program: an errno. exec closes it.
constexpr int complaints = 3;

[[noreturn]] void give_up(int error) {
  [[maybe_unused]] const ssize_t size = ::write(complaints, &error, sizeof error);
  ::_exit(127);
}

void reset_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number)
    ::sigaction(number, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

/// The child, until it is another program.
[[noreturn]] void become(const SpawnRequest& request, const char* directory, int status,
                         char** arguments, char** environment) {
  const int error = request.inside->enter(directory);
  if (request.output >= 0) {
    ::setsid();
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, 0);
    ::dup2(request.output, 1);
    ::dup2(request.output, 2);
  }
  if (status == complaints)
    ::fcntl(complaints, F_SETFD, FD_CLOEXEC);
  else
    ::dup3(status, complaints, O_CLOEXEC);
  ::syscall(SYS_close_range, complaints + 1, ~0U, 0U); // what it can't close is closed by exec
  if (error != 0) give_up(error);
  reset_signals();
  ::execvpe(arguments[0], arguments, environment);
  give_up(errno);
}

;

pid_t spawn_inside(const SpawnRequest& request, char** arguments, char** environment) {
  const std::string directory = std::filesystem::current_path().string();
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail(errno, "pipe");
  pid_t pid = -1;
  int error = 0;
  {
    const lab::SignalsWait quiet;
    pid = request.inside->fork();
    error = errno;
    if (pid == 0) become(request, directory.c_str(), ends[1], arguments, environment);
  }
  ::close(ends[1]);
  if (pid > 0) {
    // End of file: exec has closed it, all is well.
    if (::read(ends[0], &error, sizeof error) != sizeof error) error = 0;
  }
  ::close(ends[0]);
  if (error == 0) return pid;
  if (pid > 0) ::waitpid(pid, nullptr, 0);
  fail(error, request.arguments.front());
}

} // namespace

pid_t spawn(const SpawnRequest& request) {
  const std::vector<std::string> environment = merged_environment(request.environment);
  std::vector<char*> arguments = pointers(request.arguments);
  std::vector<char*> variables = pointers(environment);
  if (request.inside != nullptr) return spawn_inside(request, arguments.data(), variables.data());
  return spawn_here(request, arguments.data(), variables.data());
}

} // namespace tempfail::cli
