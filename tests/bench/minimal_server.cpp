// The least an SMTP server can do: canned replies by a command's first letter, one epoll loop, no journal,
// no rules, no checks. What tempfail's speed is measured against.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::string_view end_of_content = "\r\n.\r\n";

struct Connection {
  int fd = -1;
  bool in_content = false;
  bool closing = false;
  std::size_t matched = 0; ///< bytes of end_of_content seen
  std::string line;        ///< an unfinished command
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

int listen_on_loopback(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) fail("socket");
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, generic, size) != 0 || ::listen(fd, 4096) != 0 ||
      ::getsockname(fd, generic, &size) != 0)
    fail("listen");
  std::printf("port %u\n", static_cast<unsigned>(ntohs(address.sin_port)));
  std::fflush(stdout);
  return fd;
}

/// The canned reply to one command line.
void answer(Connection& connection, char first, std::string& out) {
  switch (first) {
  case 'E': out += "250-minimal\r\n250-PIPELINING\r\n250 8BITMIME\r\n"; break;
  case 'D':
    out += "354 go on\r\n";
    connection.in_content = true;
    connection.matched = 2; // the command's own CR LF counts
    break;
  case 'Q':
    out += "221 bye\r\n";
    connection.closing = true;
    break;
  default: out += "250 ok\r\n"; break;
  }
}

/// Looks for the final dot; takes the content off the front of `input`.
void skip_content(Connection& connection, std::string_view& input, std::string& out) {
  if (connection.matched == 0) {
    const auto* found = static_cast<const char*>(
        ::memmem(input.data(), input.size(), end_of_content.data(), end_of_content.size()));
    if (found != nullptr) {
      input.remove_prefix(static_cast<std::size_t>(found - input.data()) + end_of_content.size());
      connection.in_content = false;
      out += "250 ok\r\n";
      return;
    }
    // Only the last bytes can be the beginning of the end.
    if (input.size() > end_of_content.size())
      input.remove_prefix(input.size() - end_of_content.size());
  }
  while (!input.empty()) {
    const char c = input.front();
    input.remove_prefix(1);
    if (c == end_of_content[connection.matched])
      ++connection.matched;
    else
      connection.matched = c == '\r' ? 1 : 0;
    if (connection.matched == end_of_content.size()) {
      connection.in_content = false;
      out += "250 ok\r\n";
      return;
    }
    if (connection.matched == 0 && input.size() > end_of_content.size()) {
      skip_content(connection, input, out);
      return;
    }
  }
}

void handle(Connection& connection, std::string_view input, std::string& out) {
  while (!input.empty() && !connection.closing) {
    if (connection.in_content) {
      skip_content(connection, input, out);
      continue;
    }
    const std::size_t end = input.find('\n');
    if (end == std::string_view::npos) {
      connection.line += input;
      return;
    }
    const char first = connection.line.empty() ? input.front() : connection.line.front();
    connection.line.clear();
    input.remove_prefix(end + 1);
    answer(connection, first, out);
  }
}

} // namespace

int main(int argc, char** argv) {
  const int listener =
      listen_on_loopback(argc > 1 ? static_cast<std::uint16_t>(std::atoi(argv[1])) : 0);
  const int epoll = ::epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  static char buffer[64 << 10];
  std::string out;
  epoll_event events[512];
  for (;;) {
    const int count = ::epoll_wait(epoll, events, 512, -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.ptr == nullptr) {
        int fd = 0;
        while ((fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0) {
          auto connection = std::make_unique<Connection>();
          connection->fd = fd;
          event.data.ptr = connection.release();
          ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
          ::send(fd, "220 minimal\r\n", 13, MSG_NOSIGNAL);
        }
        continue;
      }
      auto* connection = static_cast<Connection*>(events[i].data.ptr);
      const ssize_t size = ::recv(connection->fd, buffer, sizeof buffer, 0);
      if (size < 0 && errno == EAGAIN) continue;
      out.clear();
      if (size > 0) handle(*connection, {buffer, static_cast<std::size_t>(size)}, out);
      if (!out.empty()) ::send(connection->fd, out.data(), out.size(), MSG_NOSIGNAL);
      if (size <= 0 || connection->closing) {
        ::close(connection->fd);
        delete connection;
      }
    }
  }
}
