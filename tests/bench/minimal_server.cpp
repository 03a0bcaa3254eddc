// The least an SMTP server can do: canned replies by a command's first letter, one epoll loop, no journal,
// no rules, no checks. What tempfail's speed is measured against.
#include "loopback.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace tempfail;

constexpr std::string_view end_of_content = "\r\n.\r\n";

struct Connection {
  int fd = -1;
  bool in_content = false;
  bool closing = false;
  std::size_t matched = 0; ///< bytes of end_of_content seen
  std::string line;        ///< an unfinished command
};

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

/// Answers what is there; false: the connection is over.
bool go_on(Connection& connection) {
  static char buffer[64 << 10];
  static std::string out;
  const ssize_t size = ::recv(connection.fd, buffer, sizeof buffer, 0);
  if (size < 0 && errno == EAGAIN) return true;
  out.clear();
  if (size > 0) handle(connection, {buffer, static_cast<std::size_t>(size)}, out);
  if (!out.empty()) ::send(connection.fd, out.data(), out.size(), MSG_NOSIGNAL);
  return size > 0 && !connection.closing;
}

} // namespace

int main(int argc, char** argv) {
  const auto port = argc > 1 ? static_cast<std::uint16_t>(std::atoi(argv[1])) : std::uint16_t{0};
  bench::serve(
      bench::listen_on_loopback(port),
      [](int epoll, int fd) {
        auto* connection = new Connection;
        connection->fd = fd;
        bench::watch(epoll, fd, connection);
        ::send(fd, "220 minimal\r\n", 13, MSG_NOSIGNAL);
      },
      [](void* data) {
        auto* connection = static_cast<Connection*>(data);
        if (go_on(*connection)) return;
        ::close(connection->fd);
        delete connection;
      });
}
