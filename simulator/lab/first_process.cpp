// A clone of this process that runs no other program.
//
// Rule of this file: other threads may have held locks when it was cloned, so what runs in the clone makes system calls
// and nothing else: no memory is asked for, nothing is thrown, all texts are made before.
#include "lab/first_process.hpp"

#include "lab/blocked_signals.hpp"
#include "lab/missing.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tempfail::lab {

namespace {

/// Where the lab's files are made: there is a better /proc in a moment, and what is bound elsewhere stays.
constexpr const char* workshop = "/proc";

/// What went wrong in the clone, and at which overlay.
struct ViewResult {
  LabStep step = LabStep::enter;
  int error = 0;
  std::uint32_t overlay = 0;
};

/// What the clone needs, made before it exists.
struct Plan {
  const std::string& host_name;
  const std::vector<Overlay>& overlays;
  std::vector<std::string> sources; ///< the file in the workshop, for each overlay
  int lifeline = -1;
  int lifeline_end = -1; ///< the other end, which must not be open here
  int status = -1;

  Plan(const std::string& name, const std::vector<Overlay>& files)
      : host_name(name), overlays(files) {
    for (std::size_t i = 0; i < files.size(); ++i)
      sources.push_back(std::string(workshop) + "/" + std::to_string(i));
  }
};

ViewResult failed(LabStep step, std::uint32_t overlay = 0) {
  return {step, errno, overlay};
}

bool write_file(const std::string& path, const std::string& content) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  ::fchmod(fd, 0644); // whatever the umask is
  const bool written = ::write(fd, content.data(), content.size()) >= 0;
  ::close(fd);
  return written;
}

/// The sender's view; error 0 when all of it is there.
ViewResult make_view(const Plan& plan) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return failed(LabStep::private_mounts);
  if (::mount("tempfail", workshop, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=1m") != 0)
    return failed(LabStep::files);
  for (std::uint32_t i = 0; i < plan.overlays.size(); ++i) {
    if (!write_file(plan.sources[i], plan.overlays[i].content)) return failed(LabStep::files, i);
    if (::mount(plan.sources[i].c_str(), plan.overlays[i].target.c_str(), nullptr, MS_BIND,
                nullptr) != 0)
      return failed(LabStep::bind_file, i);
  }
  if (::umount2(workshop, MNT_DETACH) != 0) return failed(LabStep::files);
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
    return failed(LabStep::proc);
  if (::sethostname(plan.host_name.data(), plan.host_name.size()) != 0)
    return failed(LabStep::host_name);
  return {};
}

/// Whatever is open of the one that made us (journals, listening sockets) but the two pipes.
void close_all_but(int first, int second) {
  const auto low = static_cast<unsigned>(std::min(first, second));
  const auto high = static_cast<unsigned>(std::max(first, second));
  if (low > 0) ::syscall(SYS_close_range, 0U, low - 1, 0U);
  if (high > low + 1) ::syscall(SYS_close_range, low + 1, high - 1, 0U);
  ::syscall(SYS_close_range, high + 1, ~0U, 0U);
}

[[noreturn]] void run_as_first(const Plan& plan) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setsid(); // a terminal's signals are for others
  ::close(plan.lifeline_end);
  close_all_but(plan.lifeline, plan.status);
  // Who ends without a parent is taken in, and never becomes a zombie.
  std::signal(SIGCHLD, SIG_IGN);
  const ViewResult result = make_view(plan);
  if (::write(plan.status, &result, sizeof result) != sizeof result || result.error != 0)
    ::_exit(1);
  ::close(plan.status);
  char nothing = 0;
  while (::read(plan.lifeline, &nothing, 1) != 0) { // 0: the other end is closed
  }
  ::_exit(0);
}

std::array<Descriptor, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw_unavailable(LabStep::sender_namespaces, errno, "pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

;

pid_t clone_into(unsigned long namespaces) {
  return static_cast<pid_t>(
      ::syscall(SYS_clone, namespaces | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

void wait_for(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

} // namespace

FirstProcess::FirstProcess(int network_namespace, const std::string& host_name,
                           const std::vector<Overlay>& overlays) {
  Plan plan(host_name, overlays);
  auto lifeline = make_pipe();
  auto status = make_pipe();
  plan.lifeline = lifeline[0].get();
  plan.lifeline_end = lifeline[1].get();
  plan.status = status[1].get();
  {
    const BlockedSignals quiet;
    const NamespaceVisit there(network_namespace);
    pid_ = clone_into(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID);
    if (pid_ == 0) run_as_first(plan);
    if (pid_ < 0) throw_unavailable(LabStep::sender_namespaces, errno);
  }
  lifeline_ = std::move(lifeline[1]);
  status[1].close();
  ViewResult result;
  const ssize_t size = ::read(status[0].get(), &result, sizeof result);
  if (size == sizeof result && result.error == 0) return;
  ::kill(pid_, SIGKILL);
  wait_for(pid_);
  if (size != sizeof result) throw_unavailable(LabStep::sender_namespaces, ECHILD);
  const bool of_file = result.step == LabStep::bind_file || result.step == LabStep::files;
  throw_unavailable(result.step, result.error,
                    of_file ? overlays[result.overlay].target : std::string());
}

FirstProcess::~FirstProcess() {
  ::kill(pid_, SIGKILL);
  wait_for(pid_);
}

} // namespace tempfail::lab
