// A listening socket.
#include "net/listener.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tempfail::net {

namespace {

constexpr int queue_length = 4096; // the kernel cuts it to its somaxconn
/// Connections taken in one go, so that a flood of them leaves time for those that are there.
constexpr int at_once = 64;

[[noreturn]] void fail(const std::string& what, int error) {
  throw std::system_error(error, std::generic_category(), what);
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

SocketAddress resolve(const std::string& address, std::uint16_t port) {
  SocketAddress result;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.size = sizeof v4;
  } else if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&result.storage, &v6, sizeof v6);
    result.size = sizeof v6;
  } else {
    fail("\"" + address + "\" is no IP address", EADDRNOTAVAIL);
  }
  return result;
}

/// Address as text and port of a socket's end.
std::pair<std::string, std::uint16_t> name_of(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
      ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    else
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return {text.data(), ntohs(v6.sin6_port)};
  }
  sockaddr_in v4{};
  std::memcpy(&v4, &address, sizeof v4);
  ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  return {text.data(), ntohs(v4.sin_port)};
}

bool out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

} // namespace

Listener::Listener(Core& core, Service& service) : core_(core), service_(service) {
  Endpoint& endpoint = service.endpoint;
  const std::string where = endpoint.address + " port " + std::to_string(endpoint.port);
  SocketAddress address = resolve(endpoint.address, endpoint.port);
  fd_ = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail(where, errno);
  const int on = 1;
  ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // Accepted sockets inherit it: every write its own segment, none waits for an acknowledgement.
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto* generic = reinterpret_cast<sockaddr*>(&address.storage);
  if (::bind(fd_, generic, address.size) != 0 || ::listen(fd_, queue_length) != 0 ||
      ::getsockname(fd_, generic, &address.size) != 0) {
    const int error = errno;
    ::close(fd_);
    fail(where, error);
  }
  endpoint.port = name_of(address.storage).second;
  core_.poller.add(fd_, EPOLLIN, *this);
}

Listener::~Listener() {
  ::close(fd_);
}

void Listener::ready(std::uint32_t /*events*/) {
  for (int i = 0; i < at_once && !paused_; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int fd =
        ::accept4(fd_, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      take(fd, address);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (std::exchange(told_, false)) {
        core_.report("port " + std::to_string(service_.endpoint.port) + ": accepting again");
        core_.note(0, service_.scenario->name, "accepting resumed");
      }
      return;
    } else if (out_of_resources(errno)) {
      pause(errno);
    }
    // Any other error belongs to the connection that was lost while it waited in the queue.
  }
}

void Listener::take(int fd, const sockaddr_storage& address) {
  auto [name, port] = name_of(address);
  session::Peer peer;
  peer.address = std::move(name);
  peer.port = port;
  peer.server_port = service_.endpoint.port;
  peer.implicit_tls = service_.endpoint.implicit_tls;
  try {
    core_.accepted(service_, fd, std::move(peer));
  } catch (const std::exception& problem) {
    core_.note(0, service_.scenario->name, std::string("connection not served: ") + problem.what());
  }
}

void Listener::pause(int error) {
  paused_ = true;
  core_.poller.change(fd_, 0, *this);
  core_.on_descriptors_out();
  if (std::exchange(told_, true)) return;
  const std::string reason = std::generic_category().message(error);
  core_.report("port " + std::to_string(service_.endpoint.port) + ": " + reason +
               ": accepting is paused until connections end");
  core_.note(0, service_.scenario->name, "accepting paused: " + reason);
}

void Listener::resume() {
  if (!std::exchange(paused_, false)) return;
  core_.poller.change(fd_, EPOLLIN, *this);
  ready(EPOLLIN); // nobody may be left in the queue to wake it
}

} // namespace tempfail::net
