// unshare and setns, one thread at a time.
//
// Whoever has entered a namespace of processes for its children can't take that back as somebody without privileges,
// and can't make threads any more. So a process in between does it, whose child becomes ours.
#include "lab/namespaces.hpp"

#include "lab/missing.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tempfail::lab {

namespace {

Descriptor open_own_network() {
  constexpr const char* path = "/proc/thread-self/ns/net";
  Descriptor own(::open(path, O_RDONLY | O_CLOEXEC));
  if (own.get() < 0) throw_unavailable(LabStep::enter, errno, path);
  return own;
}

void go_home(int fd) {
  if (::setns(fd, CLONE_NEWNET) != 0) std::abort();
}

/// The go-between: it goes to the namespace, makes the child there, says its number (or a negative errno), and ends.
/// Returns in the child alone.
void make_sibling(int process_namespace, int result) {
  pid_t pid = -1;
  if (::setns(process_namespace, CLONE_NEWPID) == 0)
    pid = static_cast<pid_t>(
        ::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (pid == 0) return;
  if (pid < 0) pid = -errno;
  [[maybe_unused]] const ssize_t size = ::write(result, &pid, sizeof pid);
  ::_exit(0);
}

} // namespace

void Descriptor::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Descriptor make_network_namespace() {
  const Descriptor home = open_own_network();
  if (::unshare(CLONE_NEWNET) != 0) throw_unavailable(LabStep::network_namespace, errno);
  const int made = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  const int error = errno;
  go_home(home.get());
  if (made < 0) throw_unavailable(LabStep::network_namespace, error);
  return Descriptor(made);
}

NamespaceVisit::NamespaceVisit(int network_namespace) : home_(open_own_network()) {
  if (::setns(network_namespace, CLONE_NEWNET) != 0) throw_unavailable(LabStep::enter, errno);
}

NamespaceVisit::~NamespaceVisit() {
  go_home(home_.get());
}

pid_t fork_in(int process_namespace) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return -1;
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const pid_t between = ::fork();
  if (between < 0) return -1;
  if (between == 0) {
    make_sibling(process_namespace, writing.get());
    return 0;
  }
  writing.close();
  pid_t pid = -ECHILD;
  if (::read(reading.get(), &pid, sizeof pid) != sizeof pid) pid = -ECHILD;
  while (::waitpid(between, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (pid >= 0) return pid;
  errno = -pid;
  return -1;
}

} // namespace tempfail::lab
