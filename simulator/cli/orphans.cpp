// Our descendants, as /proc shows them.
#include "cli/orphans.hpp"

#include <array>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace tempfail::cli {

namespace fs = std::filesystem;

namespace {

struct Entry {
  pid_t pid = 0;
  pid_t parent = 0;
  bool zombie = false;
};

/// What can be read of a file; a process may end meanwhile, and its file with it.
std::string read_all(const fs::path& file) {
  std::string text;
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  std::array<char, 16384> piece{};
  for (ssize_t size = 0; (size = ::read(fd, piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(size));
  ::close(fd);
  return text;
}

/// "pid (name) state parent ...": the name may hold anything, parentheses too.
bool read_entry(std::string_view stat, Entry& entry) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos || name_end + 4 >= stat.size()) return false;
  entry.zombie = stat[name_end + 2] == 'Z' || stat[name_end + 2] == 'X';
  const std::string_view rest = stat.substr(name_end + 4);
  return std::from_chars(rest.data(), rest.data() + rest.size(), entry.parent).ec == std::errc{};
}

std::vector<Entry> all_processes() {
  std::vector<Entry> result;
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    Entry entry;
    const auto [last, trouble] = std::from_chars(name.data(), name.data() + name.size(), entry.pid);
    if (trouble != std::errc{} || last != name.data() + name.size()) continue;
    if (read_entry(read_all(it->path() / "stat"), entry)) result.push_back(entry);
  }
  return result;
}

/// Children that others wait for, and that are no programs.
RunningPrograms& kept_as_ours() {
  static RunningPrograms all;
  return all;
}

bool has_tag(pid_t pid, const std::string& tag) {
  const std::string variables = read_all("/proc/" + std::to_string(pid) + "/environ");
  const std::string wanted = '\0' + tag + '\0';
  return variables.starts_with(std::string_view(wanted).substr(1)) ||
         variables.find(wanted) != std::string::npos;
}

/// Whose descendants are looked for, from the top down.
class Search {
 public:
  Search(const std::string& tag, const RunningPrograms& leaders)
      : tag_(tag), leaders_(leaders), processes_(all_processes()) {}

  /// Calls `found` for each of them that lives.
  template <typename Found>
  void below(pid_t parent, bool is_of_program, const Found& found) const {
    for (const Entry& entry : processes_) {
      if (entry.parent != parent || leaders_.contains(entry.pid) ||
          kept_as_ours().contains(entry.pid))
        continue;
      const bool belongs = is_of_program || (!entry.zombie && has_tag(entry.pid, tag_));
      if (belongs && !entry.zombie) found(entry.pid);
      below(entry.pid, belongs, found);
    }
  }

 private:
  const std::string& tag_;
  const RunningPrograms& leaders_;
  std::vector<Entry> processes_;
};

} // namespace

void adopt_orphans() {
  // Kernels know it since 3.4; without it orphans are process 1's, as they always were.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void let_kernel_reap_orphans() {
  if (::getpid() == 1) std::signal(SIGCHLD, SIG_IGN); // the kernel reaps them then
}

std::string make_process_tag() {
  static unsigned number = 0;
  return "TEMPFAIL_PROGRAM=" + std::to_string(::getpid()) + "." + std::to_string(++number);
}

void exclude_from_orphans(pid_t pid) {
  kept_as_ours().insert(pid);
}

void reap_orphans(const RunningPrograms& leaders) {
  const pid_t self = ::getpid();
  for (const Entry& entry : all_processes())
    if (entry.zombie && entry.parent == self && !leaders.contains(entry.pid) &&
        !kept_as_ours().contains(entry.pid))
      ::waitpid(entry.pid, nullptr, WNOHANG);
}

std::size_t signal_orphans(const std::string& tag, const RunningPrograms& leaders, int signal) {
  std::size_t count = 0;
  Search(tag, leaders).below(::getpid(), leaders.empty(), [&](pid_t pid) {
    ++count;
    if (signal != 0) ::kill(pid, signal);
  });
  return count;
}

} // namespace tempfail::cli
