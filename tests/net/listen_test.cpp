// Ports that do not answer: refused, silent, down for a while, slow to accept.
#include "net/raw_client.hpp"
#include "net/running_server.hpp"
#include "net/scripted_session.hpp"
#include "net/tcp_state.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
namespace effect = session::effect;
using scenario::ListenAnswer;

namespace {

scenario::Server listening(ListenAnswer answer,
                           std::vector<scenario::Range<Duration>> during = {}) {
  scenario::Server server;
  server.listen.emplace();
  server.listen->answer = answer;
  server.listen->during = std::move(during);
  return server;
}

void greet_all() {
  reset_script();
  script().start = [](auto& out) { out.write("220 hello\r\n"); };
}

/// errno of a connect.
int connect_error(std::uint16_t port) {
  try {
    RawClient client(port);
  } catch (const std::system_error& problem) {
    return problem.code().value();
  }
  return 0;
}

/// A connect that does not wait.
struct Attempt {
  explicit Attempt(std::uint16_t port) : fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    CHECK(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == -1);
    CHECK(errno == EINPROGRESS);
  }
  ~Attempt() { ::close(fd); }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  bool done_within(int ms) const {
    pollfd poll_fd{fd, POLLOUT, 0};
    return ::poll(&poll_fd, 1, ms) > 0;
  }
  int fd;
};

} // namespace

TEST_CASE("listen: refused is ECONNREFUSED, and the port stays ours") {
  greet_all();
  ScriptedServer server;
  const std::uint16_t port = server.serve("refused", listening(ListenAnswer::refused));
  CHECK(port != 0);
  CHECK(connect_error(port) == ECONNREFUSED);
  CHECK(connect_error(port) == ECONNREFUSED);
}

TEST_CASE("listen: down for a window, then up, then down again") {
  greet_all();
  ScriptedServer server({}, ScriptedServer::Time::manual);
  const std::uint16_t port =
      server.serve("comes-and-goes",
                   listening(ListenAnswer::refused,
                             {{Duration(0), Duration(10min)}, {Duration(20min), std::nullopt}}));
  CHECK(connect_error(port) == ECONNREFUSED);
  server.advance(10min - 1us);
  CHECK(connect_error(port) == ECONNREFUSED);
  server.advance(1us);
  RawClient client(port);
  CHECK(client.read_line() == "220 hello\r\n");
  server.advance(10min);
  CHECK(connect_error(port) == ECONNREFUSED);
}

TEST_CASE("listen: silence leaves the SYN unanswered until the window is over") {
  greet_all();
  ScriptedServer server({}, ScriptedServer::Time::manual);
  const std::uint16_t port =
      server.serve("silent", listening(ListenAnswer::silence, {{Duration(0), Duration(1h)}}));
  const Attempt attempt(port);
  CHECK_FALSE(attempt.done_within(100));
  CHECK(tcp_state(attempt.fd).state == tcp_syn_sent);
  server.advance(1h);
  CHECK(attempt.done_within(60'000)); // the kernel sends its SYN again by itself
  CHECK(tcp_state(attempt.fd).syn_retransmits >= 1);
}

TEST_CASE("listen: the journal says what the port answers, and how many SYNs were dropped") {
  greet_all();
  ScriptedServer server({}, ScriptedServer::Time::manual);
  const std::uint16_t port =
      server.serve("silent", listening(ListenAnswer::silence, {{Duration(0), Duration(1h)}}));
  CHECK(server.journal().wait_for(R"("event":"listen","answer":"silence"})"));
  const Attempt attempt(port);
  CHECK_FALSE(attempt.done_within(50));
  server.advance(1h);
  CHECK(server.journal().wait_for(R"("event":"listen","answer":"accepted","unanswered":)"));
  CHECK(attempt.done_within(60'000));
}

TEST_CASE("listen: a scenario that is reset has its windows again") {
  greet_all();
  ScriptedServer server({}, ScriptedServer::Time::manual);
  const std::uint16_t port =
      server.serve("refused", listening(ListenAnswer::refused, {{Duration(0), Duration(10min)}}));
  server.advance(10min);
  { const RawClient client(port); }
  server.run([](net::Server& it) { it.reset_state("refused"); });
  CHECK(connect_error(port) == ECONNREFUSED);
  server.advance(10min - 1us);
  CHECK(connect_error(port) == ECONNREFUSED);
  server.advance(1us);
  CHECK(connect_error(port) == 0);
}

TEST_CASE("listen: one connection accepted per so long, the others wait in the queue") {
  greet_all();
  ScriptedServer server({}, ScriptedServer::Time::manual);
  scenario::Server slow = listening(ListenAnswer::accepted);
  slow.listen->accept_every = 30s;
  slow.listen->backlog = 8;
  const std::uint16_t port = server.serve("slow-accept", slow);
  RawClient first(port);
  CHECK(first.read_line() == "220 hello\r\n");
  RawClient second(port); // the kernel's handshake is done, the server's greeting is not
  RawClient third(port);
  CHECK_FALSE(second.readable_within(50));
  server.advance(30s);
  CHECK(second.read_line() == "220 hello\r\n");
  CHECK_FALSE(third.readable_within(50));
  server.advance(30s);
  CHECK(third.read_line() == "220 hello\r\n");
}

TEST_CASE("listen: a throttled reader takes its bytes per time and no more") {
  reset_script();
  std::atomic<int> lines = 0;
  script().start = [](auto& out) {
    out.write("220 hello\r\n");
    out.list.emplace_back(effect::Throttle{3, 1s});
  };
  script().line = [&](std::string_view line, auto& out) {
    ++lines;
    out.write(line);
  };
  ScriptedServer server({}, ScriptedServer::Time::manual);
  RawClient client(server.serve());
  client.read_line();
  client.send("a\r\nb\r\nc\r\n");
  CHECK(client.read_line() == "a\r\n");
  CHECK_FALSE(client.readable_within(50));
  server.advance(1s);
  CHECK(client.read_line() == "b\r\n");
  server.advance(1s);
  CHECK(client.read_line() == "c\r\n");
  client.close();
  server.advance(1s);
  CHECK(server.journal().wait_for("peer closed"));
  CHECK(lines == 3);
}
