// Starts and ends redis-server.
#include "store/redis_server.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace tempfail::test {

RedisServer::RedisServer() {
  std::signal(SIGPIPE, SIG_IGN); // as the program does
  std::string pattern = (std::filesystem::temp_directory_path() / "tempfail-redis-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  folder_ = pattern;
  start();
}

RedisServer::~RedisServer() {
  stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

store::Address RedisServer::address() const {
  store::Address address;
  address.path = folder_ + "/socket";
  return address;
}

bool RedisServer::accepts() const {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  address().path.copy(name.sun_path, sizeof name.sun_path - 1);
  const bool accepted = ::connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0;
  ::close(fd);
  return accepted;
}

void RedisServer::start() {
  const std::string socket = address().path;
  ::unlink(socket.c_str());
  std::array<const char*, 12> words = {
      "redis-server",  "--port", "0", "--unixsocket", socket.c_str(), "--dir",
      folder_.c_str(), "--save", "",  "--appendonly", "no",           nullptr};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  const int error = ::posix_spawnp(&process_, words[0], &files, nullptr,
                                   const_cast<char* const*>(words.data()), environ);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0)
    throw std::runtime_error(std::string("redis-server: ") + std::strerror(error) +
                             " (scripts/install-deps test installs it)");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!accepts()) {
    if (::waitpid(process_, nullptr, WNOHANG) != 0 || std::chrono::steady_clock::now() > deadline) {
      stop();
      throw std::runtime_error("redis-server does not come up");
    }
    ::poll(nullptr, 0, 5); // its socket is not there yet, and nothing tells when it is
  }
}

void RedisServer::stop() {
  if (process_ == 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
}

void RedisServer::freeze() {
  ::kill(process_, SIGSTOP);
}

void RedisServer::thaw() {
  ::kill(process_, SIGCONT);
}

} // namespace tempfail::test
