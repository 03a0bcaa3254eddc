// fork, enter (where the program runs in a lab), exec. Not posix_spawn: a program has to end with us.
//
// Rule of this file: between fork and exec there are system calls only, because the threads that are not there any more
// may have held locks.
#include "cli/spawn.hpp"

#include "lab/blocked_signals.hpp"
#include "lab/lab.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace tempfail::cli {

namespace {

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

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
                         pid_t parent, char** arguments, char** environment) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);              // however we end, it does too
  const bool inside = request.lab_side != nullptr; // where our process number is not to be seen
  if (!inside && ::getppid() != parent) ::_exit(127);
  const int error = inside ? request.lab_side->enter(directory) : 0;
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

pid_t start(const SpawnRequest& request, char** arguments, char** environment) {
  const bool inside = request.lab_side != nullptr;
  const std::string directory = inside ? std::filesystem::current_path().string() : std::string();
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail(errno, "pipe");
  pid_t pid = -1;
  int error = 0;
  {
    const lab::BlockedSignals quiet;
    const pid_t self = ::getpid();
    pid = inside ? request.lab_side->fork() : ::fork();
    error = errno;
    if (pid == 0) become(request, directory.c_str(), ends[1], self, arguments, environment);
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
  return start(request, arguments.data(), variables.data());
}

} // namespace tempfail::cli
