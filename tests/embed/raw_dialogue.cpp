// A socket that blocks, with a time-out.
#include "embed/raw_dialogue.hpp"

#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace tempfail::test {

namespace {

class Connection {
 public:
  Connection(const std::string& host, std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{30, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(port);
    ::inet_pton(AF_INET, host.c_str(), &place.sin_addr);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0)
      error_ = errno;
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int error() const { return error_; }

  void send(const std::string& text) {
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t now = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (now <= 0) throw std::runtime_error("the server takes no more");
      sent += static_cast<std::size_t>(now);
    }
  }

  /// All lines of one; empty at the end of the connection.
  std::string reply() {
    std::string text;
    while (true) {
      const std::string line = next_line();
      text += line;
      if (line.size() < 4 || line[3] != '-') return text;
    }
  }

 private:
  std::string next_line() {
    while (unread_.find('\n') == std::string::npos) {
      char bytes[4096];
      const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
      if (got < 0 && errno != ECONNRESET) throw std::runtime_error("no reply in time");
      if (got <= 0) return std::exchange(unread_, {});
      unread_.append(bytes, static_cast<std::size_t>(got));
    }
    const std::size_t end = unread_.find('\n') + 1;
    std::string line = unread_.substr(0, end);
    unread_.erase(0, end);
    return line;
  }

  int socket_;
  int error_ = 0;
  std::string unread_;
};

std::string filled(std::string line, const std::map<std::string, std::string>& values) {
  for (const auto& [key, value] : values)
    if (const std::size_t at = line.find(key); at != std::string::npos)
      line.replace(at, key.size(), value);
  return line;
}

} // namespace

void talk(const std::string& host, std::uint16_t port, const nlohmann::json& dialogue,
          const std::map<std::string, std::string>& values) {
  Connection connection(host, port);
  for (const auto& pair : dialogue) {
    const std::string line = pair.at(0).is_null() ? std::string() : filled(pair.at(0), values);
    if (!pair.at(0).is_null()) connection.send(line + "\r\n");
    if (pair.at(1).is_null()) continue;
    const std::string expected = pair.at(1);
    const std::string reply = connection.reply();
    if (expected == "closed" ? !reply.empty() : !reply.starts_with(expected))
      throw std::runtime_error(line + ": " + reply + ", not " + expected);
  }
}

bool is_refused(const std::string& host, std::uint16_t port) {
  return Connection(host, port).error() == ECONNREFUSED;
}

} // namespace tempfail::test
