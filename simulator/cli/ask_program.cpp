// Runs a short program and takes what it prints.
#include "cli/ask_program.hpp"

#include "cli/spawn.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace tempfail::cli {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t longest_output = std::size_t{64} << 10U; ///< bytes

int left_until(Clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

/// What is printed before the last who could print is gone, or the time is over.
std::string printed(int from, Clock::time_point end) {
  std::string output;
  std::array<char, 4096> buffer{};
  pollfd readable{from, POLLIN, 0};
  while (::poll(&readable, 1, left_until(end)) > 0) {
    const ssize_t size = ::read(from, buffer.data(), buffer.size());
    if (size <= 0) break;
    const std::size_t room = longest_output - output.size();
    output.append(buffer.data(), std::min(room, static_cast<std::size_t>(size)));
  }
  return output;
}

/// Waits for its end; where the time is over before, it is ended with all of its group.
int status_of(pid_t pid, Clock::time_point end) {
  // By number: glibc 2.36's <sys/pidfd.h> can't be used from C++.
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  pollfd ended{handle, POLLIN, 0};
  if (handle < 0 || ::poll(&ended, 1, left_until(end)) <= 0) ::kill(-pid, SIGKILL);
  if (handle >= 0) ::close(handle);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

ProgramAnswer ask_program(const std::vector<std::string>& arguments,
                          const std::vector<std::string>& environment,
                          std::chrono::milliseconds limit) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  const Clock::time_point end = Clock::now() + limit;
  ProgramAnswer answer;
  pid_t pid = 0;
  try {
    pid = spawn({arguments, environment, ends[1], nullptr});
  } catch (const std::system_error& error) {
    answer.output = error.what();
  }
  ::close(ends[1]);
  if (pid > 0) {
    answer.output = printed(ends[0], end);
    answer.status = status_of(pid, end);
  }
  ::close(ends[0]);
  return answer;
}

} // namespace tempfail::cli
