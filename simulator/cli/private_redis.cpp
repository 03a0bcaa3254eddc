// Starts the redis-server, waits for its socket, and clears away what it leaves.
#include "cli/private_redis.hpp"

#include "cli/error.hpp"
#include "cli/find_program.hpp"
#include "cli/read_file.hpp"
#include "cli/spawn.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace tempfail::cli {
namespace {

constexpr const char* program = "redis-server";
constexpr std::chrono::seconds longest_start(20);

/// A folder for a socket, whose path has to be short.
std::string make_folder() {
  std::error_code none;
  const std::string usual = std::filesystem::temp_directory_path(none).string();
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - sizeof "/tempfail-XXXXXX/socket";
  std::string folder = (none || usual.size() > longest ? "/tmp" : usual) + "/tempfail-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr)
    throw CannotRun("a directory for the store: " + std::generic_category().message(errno));
  return folder;
}

} // namespace

PrivateRedis::PrivateRedis() : owner_(::getpid()) {
  if (find_program(program).empty())
    throw CannotRun("--workers needs redis-server, which is not installed (Debian: apt-get install "
                    "redis-server), or an existing store: --store ADDRESS");
  folder_ = make_folder();
  try {
    start();
    wait_until_it_accepts();
  } catch (...) {
    clear();
    throw;
  }
}

PrivateRedis::~PrivateRedis() {
  if (::getpid() == owner_) clear();
}

std::string PrivateRedis::address() const {
  return "unix:" + socket();
}

void PrivateRedis::start() {
  const int log_file = ::open(log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_file < 0) throw CannotRun(log() + ": " + std::generic_category().message(errno));
  SpawnRequest request;
  request.arguments = {
      program, "--port", "0", "--unixsocket", socket(), "--unixsocketperm", "700", "--dir",
      folder_, "--save", "",  "--appendonly", "no",     "--daemonize",      "no"};
  request.output = log_file;
  try {
    process_ = spawn(request);
  } catch (const std::system_error& error) {
    ::close(log_file);
    throw CannotRun(std::string(program) + ": " + error.code().message());
  }
  ::close(log_file);
}

bool PrivateRedis::accepts() const {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr_un place{};
  place.sun_family = AF_UNIX;
  std::strncpy(place.sun_path, socket().c_str(), sizeof place.sun_path - 1);
  const bool connected = ::connect(fd, reinterpret_cast<sockaddr*>(&place), sizeof place) == 0;
  ::close(fd);
  return connected;
}

void PrivateRedis::wait_until_it_accepts() {
  const auto deadline = std::chrono::steady_clock::now() + longest_start;
  while (!accepts()) {
    const bool ended = ::waitpid(process_, nullptr, WNOHANG) == process_;
    if (ended) process_ = 0;
    if (ended || std::chrono::steady_clock::now() > deadline)
      throw CannotRun(std::string(program) + " does not start: " + read_file(log()));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void PrivateRedis::clear() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL); // it keeps nothing
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

} // namespace tempfail::cli
