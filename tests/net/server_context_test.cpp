// What becomes of a connection that can't be served.
#include "net/scripted_session.hpp"
#include "net/server_context_bench.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace tempfail;
using namespace tempfail::test;

namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0 || errno != EBADF;
}

} // namespace

TEST_CASE(
    "server context: a connection that the poller can't take is closed, and counts for none") {
  reset_script();
  bool started = false;
  script().start = [&](auto&) { started = true; };
  Bench bench(scripted());
  // epoll refuses a regular file, as it refuses a socket when the system has no room for one more.
  const int fd = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  CHECK_THROWS_AS(bench.server.take_connection(bench.port, fd, {}), std::system_error);
  CHECK_FALSE(is_open(fd));
  CHECK(bench.port.open_sessions == 0);
  CHECK(bench.server.totals.connections == 0);
  CHECK_FALSE(started);
  bool stopped = false;
  bench.server.shut_down([&] { stopped = true; });
  bench.context.poll();
  CHECK(stopped); // nobody is left to wait for
}

TEST_CASE("server context: a connection that can be served is counted and started") {
  reset_script();
  bool started = false;
  script().start = [&](auto&) { started = true; };
  Bench bench(scripted());
  int ends[2] = {-1, -1};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  bench.server.take_connection(bench.port, ends[0], {});
  CHECK(is_open(ends[0]));
  CHECK(bench.port.open_sessions == 1);
  CHECK(bench.server.totals.connections == 1);
  CHECK(started);
  ::close(ends[1]);
}
