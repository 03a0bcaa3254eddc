// A client of plain POSIX sockets.
#include "net/raw_client.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tempfail::test {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

} // namespace

RawClient::RawClient(std::uint16_t port, int receive_buffer)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (fd_ < 0) fail("socket");
  if (receive_buffer != 0)
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    ::close(std::exchange(fd_, -1));
    errno = error;
    fail("connect");
  }
}

RawClient::~RawClient() {
  close();
}

RawClient::RawClient(RawClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::size_t RawClient::send_some(std::string_view bytes) {
  const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0 && errno != EAGAIN) fail("send");
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

std::string RawClient::read(std::size_t count) {
  std::string result;
  while (result.size() < count) {
    std::string piece(count - result.size(), '\0');
    if (!readable_within(deadline_ms)) throw std::runtime_error("read: deadline");
    const ssize_t got = ::recv(fd_, piece.data(), piece.size(), 0);
    if (got < 0) fail("recv");
    if (got == 0) throw std::runtime_error("read: end after \"" + result + "\"");
    result.append(piece, 0, static_cast<std::size_t>(got));
  }
  return result;
}

std::string RawClient::read_line() {
  std::string line;
  do
    line += read(1);
  while (line.back() != '\n');
  return line;
}

std::string RawClient::read_some() {
  std::array<char, 4096> buffer{};
  if (!readable_within(deadline_ms)) throw std::runtime_error("read: deadline");
  const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (got < 0) fail("recv");
  return {buffer.data(), static_cast<std::size_t>(got)};
}

Rest RawClient::read_to_end() {
  Rest rest;
  std::array<char, 65536> buffer{};
  while (readable_within(deadline_ms)) {
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      rest.ending = got == 0 ? Ending::fin : Ending::reset;
      if (got < 0 && errno != ECONNRESET) fail("recv");
      break;
    }
    rest.bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return rest;
}

bool RawClient::readable_within(int ms) const {
  pollfd poll_fd{fd_, POLLIN, 0};
  return ::poll(&poll_fd, 1, ms) > 0;
}

void RawClient::half_close() {
  ::shutdown(fd_, SHUT_WR);
}

void RawClient::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void RawClient::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

} // namespace tempfail::test
