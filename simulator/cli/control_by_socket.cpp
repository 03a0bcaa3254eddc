// The client of the control socket.
#include "cli/control_client.hpp"
#include "cli/control_protocol.hpp"
#include "cli/error.hpp"
#include "cli/text.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tempfail::cli {

namespace {

/// A connected socket that closes itself.
class Connection {
 public:
  explicit Connection(const std::string& path) : path_(path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) throw UsageError(path + ": the path is too long");
    std::memcpy(address.sun_path, path.data(), path.size());
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) fail();
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return;
    const int error = errno;
    ::close(fd_);
    errno = error;
    fail();
  }
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EINTR) fail();
      if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  std::string line() const {
    std::string text;
    std::array<char, 4096> buffer{};
    while (text.find('\n') == std::string::npos) {
      const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (got == 0) throw CannotRun(path_ + ": the server closed the connection without an answer");
      if (got < 0 && errno != EINTR) fail();
      if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text.substr(0, text.find('\n'));
  }

 private:
  [[noreturn]] void fail() const { throw CannotRun(path_ + ": " + std::strerror(errno)); }

  std::string path_;
  int fd_ = -1;
};

class SocketClient final : public ControlClient {
 public:
  explicit SocketClient(const std::string& path) : connection_(path) {}

  std::string ask(const std::vector<std::string>& words) override {
    std::string line = joined(words, " ");
    if (words.size() == 2 && words.front() == "mix") // the server may run somewhere else
      line = words.front() + ' ' + std::filesystem::absolute(words.back()).string();
    if (line.find('\n') != std::string::npos || line.size() >= control_line_limit)
      throw UsageError("a command is one line");
    connection_.send(line + '\n');
    const std::string answer = connection_.line();
    if (answer.starts_with("error"))
      throw UsageError(answer.substr(std::min(answer.size(), std::size_t{6})));
    return answer.size() > 3 ? answer.substr(3) : answer;
  }

 private:
  Connection connection_;
};

} // namespace

std::unique_ptr<ControlClient> control_by_socket(const std::string& path) {
  return std::make_unique<SocketClient>(path);
}

} // namespace tempfail::cli
