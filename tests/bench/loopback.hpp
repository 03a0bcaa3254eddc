// The sockets of the benchmarks: servers that listen on the loopback interface with one epoll loop, clients that
// connect to them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace tempfail::bench {

/// Ends the program, with the system's reason.
[[noreturn]] inline void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

inline sockaddr_in loopback_address(std::uint16_t port, std::uint32_t number = 0) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number);
  address.sin_port = htons(port);
  return address;
}

inline void set_option(int fd, int level, int name) {
  const int on = 1;
  ::setsockopt(fd, level, name, &on, sizeof on);
}

/// A listening socket that does not block; prints its port. Port 0: a free one.
inline int listen_on_loopback(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) fail("socket");
  set_option(fd, SOL_SOCKET, SO_REUSEADDR);
  set_option(fd, IPPROTO_TCP, TCP_NODELAY);
  sockaddr_in address = loopback_address(port);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, generic, size) != 0 || ::listen(fd, 4096) != 0 ||
      ::getsockname(fd, generic, &size) != 0)
    fail("listen");
  std::printf("port %u\n", static_cast<unsigned>(ntohs(address.sin_port)));
  std::fflush(stdout);
  return fd;
}

/// Watches for input; `data` comes back with the event.
inline void watch(int epoll, int fd, void* data) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = data;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

/// A server's loop, for ever: `on_client(epoll, fd)` for each connection that comes, and `on_event(data)` with what
/// was given to watch() for each that has something to read.
template <class OnClient, class OnEvent>
[[noreturn]] void serve(int listener, const OnClient& on_client, const OnEvent& on_event) {
  const int epoll = ::epoll_create1(0);
  watch(epoll, listener, nullptr);
  epoll_event events[512];
  for (;;) {
    const int count = ::epoll_wait(epoll, events, 512, -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.ptr != nullptr) {
        on_event(events[i].data.ptr);
        continue;
      }
      int fd = 0;
      while ((fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0)
        on_client(epoll, fd);
    }
  }
}

/// A connected socket, from one of 200 addresses of the loopback interface: a pair of addresses has but
/// 28,000 ports. -1, and the reason in errno: there is none.
inline int connect_from_many(std::uint16_t port, long number) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return -1;
  set_option(fd, IPPROTO_TCP, TCP_NODELAY);
  set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
  const sockaddr_in own = loopback_address(0, 1 + static_cast<std::uint32_t>(number % 200));
  const sockaddr_in server = loopback_address(port);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0 ||
      ::connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0)
    return -1;
  return fd;
}

/// A client's loop: hands events to `on_event` until `open` is 0; false: nothing came for a minute.
template <class OnEvent>
bool drive(int epoll, const long& open, const OnEvent& on_event) {
  epoll_event events[512];
  while (open > 0) {
    const int count = ::epoll_wait(epoll, events, 512, 60'000);
    if (count == 0) return false;
    for (int i = 0; i < count; ++i)
      on_event(events[i]);
  }
  return true;
}

} // namespace tempfail::bench
