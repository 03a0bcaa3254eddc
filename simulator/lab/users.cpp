// Capabilities, /etc/subuid, newuidmap.
//
// A map of more than one user is written by newuidmap, from outside: a helper process is forked before the namespace
// exists, and runs it once it does.
#include "lab/users.hpp"

#include "lab/missing.hpp"
#include "lab/namespaces.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <pwd.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace tempfail::lab {

namespace {

std::string text_of(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string name_of(uid_t user) {
  const passwd* const entry = ::getpwuid(user);
  return entry != nullptr ? entry->pw_name : std::string();
}

/// What newuidmap or newgidmap is called with: root is `self`, the others are the range.
std::vector<std::string> map_command(const char* program, pid_t process, std::uint64_t self,
                                     const IdRange& range) {
  return {program,
          std::to_string(process),
          "0",
          std::to_string(self),
          "1",
          "1",
          std::to_string(range.first),
          std::to_string(range.count)};
}

/// 0 when the program ran and ended well.
int run(const std::vector<std::string>& command) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    std::vector<char*> arguments;
    for (const std::string& argument : command)
      arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    const int nowhere = ::open("/dev/null", O_RDWR);
    ::dup2(nowhere, 2); // what it complains of is said by us
    ::execvp(arguments.front(), arguments.data());
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// Writes one line into a file of /proc/self; 0 or errno.
int write_self(const char* path, const std::string& text) {
  const Descriptor file(::open(path, O_WRONLY | O_CLOEXEC));
  if (file.get() < 0) return errno;
  return ::write(file.get(), text.data(), text.size()) < 0 ? errno : 0;
}

/// Waits until the namespace is there, then has the maps written; its exit status says whether they are.
class MapHelper {
 public:
  MapHelper(const IdRange& users, const IdRange& groups) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_unavailable(LabStep::map_users, errno, "pipe");
    const pid_t parent = ::getpid();
    const auto user = map_command("newuidmap", parent, ::getuid(), users);
    const auto group = map_command("newgidmap", parent, ::getgid(), groups);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[1]);
      char go = 0;
      if (::read(ends[0], &go, 1) != 1) ::_exit(1);
      ::_exit(run(user) == 0 && run(group) == 0 ? 0 : 1);
    }
    ::close(ends[0]);
    go_ = Descriptor(ends[1]);
  }
  ~MapHelper() {
    go_.close();
    if (pid_ > 0) wait();
  }
  MapHelper(const MapHelper&) = delete;
  MapHelper& operator=(const MapHelper&) = delete;

  bool write_maps() {
    const char go = 1;
    return pid_ > 0 && ::write(go_.get(), &go, 1) == 1 && wait() == 0;
  }

 private:
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return status;
  }

  Descriptor go_;
  pid_t pid_ = 0;
};

void map_one(uid_t user, gid_t group) {
  const auto line = [](unsigned id) { return "0 " + std::to_string(id) + " 1\n"; };
  int error = write_self("/proc/self/uid_map", line(user));
  if (error != 0) throw_unavailable(LabStep::map_users, error, "/proc/self/uid_map");
  error = write_self("/proc/self/setgroups", "deny"); // or the kernel refuses the next
  if (error != 0) throw_unavailable(LabStep::map_users, error, "/proc/self/setgroups");
  error = write_self("/proc/self/gid_map", line(group));
  if (error != 0) throw_unavailable(LabStep::map_users, error, "/proc/self/gid_map");
}

/// Visits need a network to come back to. To one that belongs to somebody else (the system's, for who is root of a user
/// namespace alone) the way back is closed: then an empty one of our own is home.
void have_a_home() {
  const Descriptor network(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  if (network.get() >= 0 && ::setns(network.get(), CLONE_NEWNET) == 0) return;
  if (::unshare(CLONE_NEWNET) != 0) throw_unavailable(LabStep::network_namespace, errno);
}

/// Becomes root of a user namespace.
AvailableUsers become_root(std::string& why_one) {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  const std::string name = name_of(user);
  const auto users = find_range(text_of("/etc/subuid"), name, user);
  const auto groups = find_range(text_of("/etc/subgid"), name, user);
  std::optional<MapHelper> helper;
  if (users && groups) helper.emplace(*users, *groups);
  if (::unshare(CLONE_NEWUSER) != 0) throw_unavailable(LabStep::user_namespace, errno);
  if (helper && helper->write_maps()) return AvailableUsers::range;
  why_one = helper ? "newuidmap or newgidmap is missing (package uidmap) or refused"
                   : "there is no range for " + (name.empty() ? std::to_string(user) : name) +
                         " in /etc/subuid and /etc/subgid";
  map_one(user, group);
  return AvailableUsers::one;
}

} // namespace

std::optional<IdRange> find_range(std::string_view text, std::string_view name, std::uint64_t id) {
  const std::string number = std::to_string(id);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t first = line.find(':');
    const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string_view who = line.substr(0, first);
    if (who.empty() || (who != name && who != number)) continue;
    IdRange range;
    const auto read = [](std::string_view digits, std::uint64_t& value) {
      const char* const end = digits.data() + digits.size();
      return std::from_chars(digits.data(), end, value) == std::from_chars_result{end, std::errc()};
    };
    if (read(line.substr(first + 1, second - first - 1), range.first) &&
        read(line.substr(second + 1), range.count) && range.count > 0)
      return range;
  }
  return std::nullopt;
}

AvailableUsers become_able_to_make_labs(std::string& why_one) {
  const bool able = lacking_capabilities().empty() && ::geteuid() == 0;
  const AvailableUsers users = able ? AvailableUsers::system : become_root(why_one);
  have_a_home();
  return users;
}

} // namespace tempfail::lab
