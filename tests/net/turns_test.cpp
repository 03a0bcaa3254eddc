// A client that floods has one turn after the other, and everybody else has theirs between them: counted, not timed.
#include "net/server_context_bench.hpp"
#include "support/catch.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

using namespace tempfail;
using namespace tempfail::test;

namespace {

/// The client's end of a connection.
class Client {
 public:
  explicit Client(Bench& bench) {
    int ends[2] = {-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    fd_ = ends[0];
    bench.server.take_connection(bench.port, ends[1], {});
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view bytes) const {
    REQUIRE(::send(fd_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }
  std::string heard() const {
    std::string all;
    char piece[65536];
    for (ssize_t size = 0; (size = ::recv(fd_, piece, sizeof piece, 0)) > 0;)
      all.append(piece, static_cast<std::size_t>(size));
    return all;
  }

 private:
  int fd_ = -1;
};

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + what.size()))
    ++found;
  return found;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i)
    all += text;
  return all;
}

} // namespace

TEST_CASE("turns: a flood of commands is answered, and others need not wait for its end") {
  constexpr std::size_t flooders = 20;
  constexpr std::size_t commands = 2000;
  Bench bench;
  std::vector<std::unique_ptr<Client>> floods;
  for (std::size_t i = 0; i < flooders; ++i)
    floods.push_back(std::make_unique<Client>(bench));
  const Client other(bench);
  bench.context.poll();
  other.heard();
  for (const auto& flood : floods) {
    flood->heard();
    flood->send(repeated("NOOP\r\n", commands));
  }
  other.send("RSET\r\n");
  bench.context.poll();

  const std::string journal = bench.journal.flushed();
  const std::size_t turn = journal.find("\"verb\":\"RSET\"");
  REQUIRE(turn != std::string::npos);
  // What was answered before: a turn of each at most.
  const std::size_t before = count(std::string_view(journal).substr(0, turn), "\"verb\":\"NOOP\"");
  CHECK(before <= flooders * session::lines_per_call);
  CHECK(other.heard() == "250 Ok\r\n");
  for (const auto& flood : floods) { // which reads now, and so makes room for more
    std::string heard;
    for (std::size_t turns = 0; turns < commands && heard.size() < commands * 8; ++turns) {
      heard += flood->heard();
      bench.context.poll();
    }
    CHECK(count(heard, "250 Ok\r\n") == commands);
  }
}

TEST_CASE("turns: input that was left for the next turn is told when the client goes away") {
  Bench bench;
  {
    const Client flood(bench);
    bench.context.poll();
    flood.heard();
    flood.send(repeated("NOOP\r\n", 100) + "QUIT\r\n");
  }
  bench.context.poll();
  CHECK(bench.port.open_sessions == 0);
  CHECK(count(bench.journal.flushed(), "\"event\":\"disconnect\"") == 1);
}

TEST_CASE("turns: what is pipelined after a message is answered in order, turn by turn") {
  Bench bench;
  bench.scenario->server.extensions[static_cast<std::size_t>(scenario::Extension::pipelining)] =
      true;
  bench.port.prepared = session::prepare_scenario(bench.scenario, {});
  const Client client(bench);
  bench.context.poll();
  client.heard();
  const std::string mail = "MAIL FROM:<a@b.test>\r\n" + repeated("RCPT TO:<c@d.test>\r\n", 100);
  client.send("EHLO c\r\n" + mail + "DATA\r\nSubject: x\r\n\r\nx\r\n.\r\n" +
              repeated("NOOP\r\n", 100) + "QUIT\r\n");
  bench.context.poll();
  const std::string heard = client.heard();
  CHECK(count(heard, "250 Recipient ok\r\n") == 100);
  CHECK(count(heard, "354 ") == 1);
  CHECK(count(heard, "250 Ok\r\n") == 100);
  CHECK(heard.find("221 ") > heard.rfind("250 "));
}
