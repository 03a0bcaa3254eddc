// A client of a server context that runs step by step.
#pragma once

#include "net/server_context_bench.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <string>
#include <string_view>

#include <sys/socket.h>
#include <unistd.h>

namespace tempfail::test {

/// The client's end of a connection.
class BenchClient {
 public:
  explicit BenchClient(Bench& bench) {
    int ends[2] = {-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    fd_ = ends[0];
    bench.server.take_connection(bench.port, ends[1], {});
    bench.poll();
  }
  ~BenchClient() { leave(); }
  BenchClient(const BenchClient&) = delete;
  BenchClient& operator=(const BenchClient&) = delete;

  void send(std::string_view bytes) const {
    REQUIRE(::send(fd_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }
  /// The codes of the replies since the last such question, and "." where the connection has ended; "!": it was reset.
  std::string heard() const {
    std::string all;
    char piece[65536];
    ssize_t size = 0;
    while ((size = ::recv(fd_, piece, sizeof piece, 0)) > 0)
      all.append(piece, static_cast<std::size_t>(size));
    std::string codes;
    for (std::size_t at = 0; at < all.size(); at = all.find('\n', at) + 1)
      if (all[at + 3] == ' ') codes += all.substr(at, 3) + " ";
    if (size < 0 && errno == ECONNRESET) return codes + "!";
    return size == 0 ? codes + "." : codes;
  }
  void leave() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

} // namespace tempfail::test
