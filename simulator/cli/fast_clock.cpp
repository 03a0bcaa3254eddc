// The program faketime keeps what the processes share, and takes it away when the program that it runs has ended. So it
// is told to run one that says which variables it was given, and then waits for the end of its standard input.
#include "cli/fast_clock.hpp"

#include "cli/ask_program.hpp"
#include "cli/error.hpp"
#include "cli/find_program.hpp"
#include "cli/orphans.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace tempfail::cli {
namespace {

constexpr unsigned greatest_factor = 100'000;
constexpr std::chrono::seconds patience{30};
/// What it was given, a line each, and an empty one at last.
constexpr const char* holder =
    R"(printf '%s\n' "$LD_PRELOAD" "$FAKETIME" "$FAKETIME_SHARED" ''; exec cat >/dev/null)";
constexpr std::array<const char*, 3> names = {"LD_PRELOAD", "FAKETIME", "FAKETIME_SHARED"};

[[noreturn]] void can_not(const std::string& why) {
  throw CannotRun("--clock: " + why);
}

/// Two ends of a pipe: 0 is read, 1 is written.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) can_not("no pipe is available");
  }
  ~Pipe() {
    close(0);
    close(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int end(std::size_t which) const { return ends_[which]; }
  void close(std::size_t which) {
    if (ends_[which] >= 0) ::close(std::exchange(ends_[which], -1));
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

/// The lines up to an empty one; fewer when the program says no more.
std::vector<std::string> lines_of(int from) {
  const auto end = std::chrono::steady_clock::now() + patience;
  std::string text;
  std::array<char, 4096> buffer{};
  pollfd readable{from, POLLIN, 0};
  while (text.find("\n\n") == std::string::npos && std::chrono::steady_clock::now() < end) {
    if (::poll(&readable, 1, 1000) <= 0) continue;
    const ssize_t size = ::read(from, buffer.data(), buffer.size());
    if (size <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line) && !line.empty();)
    lines.push_back(line);
  return lines;
}

/// What processes share is a file of whoever began: a mail server's other users need it, too.
void open_to_all(const std::string& shared) {
  std::istringstream words(shared);
  std::string semaphore;
  std::string memory;
  words >> semaphore >> memory;
  if (semaphore.size() < 2 || memory.size() < 2) can_not("faketime did not name its shared memory");
  for (const std::string& file :
       {"/dev/shm/sem." + semaphore.substr(1), "/dev/shm/" + memory.substr(1)})
    if (::chmod(file.c_str(), 0666) != 0)
      can_not(file + " can't be made writable for the sender's users");
}

/// Whether the clock of a program with these variables is fast: one real second must pass there in less.
void check_that_it_runs(const std::vector<std::string>& environment) {
  const ProgramAnswer answer =
      ask_program({"sh", "-c", "date +%s && sleep 30 && date +%s"}, environment, patience);
  std::istringstream words(answer.output);
  long long before = 0;
  long long after = 0;
  if (answer.status != 0 || !(words >> before >> after) || after - before < 30)
    can_not("libfaketime does not make the clock faster here: " + answer.output);
}

} // namespace

struct FastClock::Impl {
  Pipe input;
  pid_t pid = 0;
  std::vector<std::string> environment;

  void start(const std::string& how) {
    Pipe output;
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input.end(0), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output.end(1), STDOUT_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID); // Ctrl-C is for us
    std::array<std::string, 7> words = {"faketime", "-m", "-f", how, "sh", "-c", holder};
    std::array<char*, 8> arguments{};
    for (std::size_t i = 0; i < words.size(); ++i)
      arguments[i] = words[i].data();
    const int error =
        ::posix_spawnp(&pid, "faketime", &actions, &attributes, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (error != 0) {
      pid = 0;
      can_not("faketime can't be started");
    }
    exclude_from_orphans(pid);
    input.close(0);
    output.close(1);
    const std::vector<std::string> values = lines_of(output.end(0));
    if (values.size() != names.size()) can_not("faketime did not start a program");
    for (std::size_t i = 0; i < names.size(); ++i)
      environment.push_back(std::string(names[i]) + "=" + values[i]);
    // Files get the real time from the kernel, and programs compare it with what they set themselves.
    environment.emplace_back("NO_FAKE_STAT=1");
    open_to_all(values[2]);
  }

  /// It takes away what was shared, so it is not killed.
  ~Impl() {
    input.close(1);
    int status = 0;
    while (pid > 0 && ::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
  }
};

FastClock::FastClock(unsigned factor) : impl_(std::make_unique<Impl>()) {
  if (find_program("faketime").empty())
    can_not("faketime is missing; to install it: apt-get install faketime");
  impl_->start("+0 x" + std::to_string(factor));
  check_that_it_runs(impl_->environment);
}

FastClock::~FastClock() = default;

const std::vector<std::string>& FastClock::environment() const {
  return impl_->environment;
}

unsigned clock_factor(const std::string& text) {
  constexpr std::string_view word = "fast=";
  unsigned factor = 0;
  if (text.starts_with(word)) {
    const char* const begin = text.data() + word.size();
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(begin, end, factor);
    if (error == std::errc() && rest == end && factor >= 2 && factor <= greatest_factor)
      return factor;
  }
  throw UsageError("--clock " + text + ": allowed: fast=600, any number from 2 to " +
                   std::to_string(greatest_factor));
}

} // namespace tempfail::cli
