// A server that stops reading: the client's kernel sees a zero window.
#include "net/raw_client.hpp"
#include "net/running_server.hpp"
#include "net/scripted_session.hpp"
#include "net/tcp_state.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <chrono>
#include <string>

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
namespace effect = session::effect;

namespace {

/// Sends until the kernel takes no more for a while; returns how many bytes it took.
std::size_t fill(RawClient& client) {
  const std::string block(64 << 10, 'x');
  std::size_t total = 0;
  int refused = 0;
  while (refused < 20) {
    const std::size_t count = client.send_some(block);
    total += count;
    if (count > 0) {
      refused = 0;
    } else {
      ++refused;
      client.readable_within(10);
    }
  }
  return total;
}

} // namespace

TEST_CASE("pace: a server that stops reading closes its window, and goes on where it stopped") {
  reset_script();
  std::atomic<std::size_t> received = 0;
  script().start = [](auto& out) {
    out.write("220 hello\r\n");
    out.list.emplace_back(effect::StopReading{1h});
  };
  script().line = [&](std::string_view line, auto& out) {
    received += line.size();
    if (line.find("end") != std::string_view::npos) out.write("250 all read\r\n");
  };
  net::ServerSettings settings;
  settings.kept_input = 64 << 20;
  ScriptedServer server(settings, ScriptedServer::Time::manual);
  RawClient client(server.serve());
  CHECK(client.read_line() == "220 hello\r\n");
  const std::size_t sent = fill(client);
  // The last bit of room, smaller than a segment, is filled when the kernel's timer says so.
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (tcp_state(client.fd()).peer_window > 0 && std::chrono::steady_clock::now() < deadline)
    client.readable_within(20);
  CHECK(tcp_state(client.fd()).peer_window == 0);
  CHECK(tcp_state(client.fd()).unsent > 0);
  CHECK(received == 0);
  server.advance(1h);
  client.send("end\r\n");
  CHECK(client.read_line() == "250 all read\r\n");
  CHECK(received == sent + 5);
}

TEST_CASE("pace: a server that has fallen silent goes on reading, and notices the client's end") {
  for (const std::string_view last : {"", "QUIT\r\n"}) {
    reset_script();
    script().start = [](auto& out) {
      out.write("220 hello\r\n");
      out.list.emplace_back(effect::Stall{});
    };
    ScriptedServer server;
    RawClient client(server.serve());
    CHECK(client.read_line() == "220 hello\r\n");
    // More than both kernels hold: it leaves only if it is read.
    client.send(std::string(32 << 20, 'x'));
    client.send(last);
    client.close();
    CHECK(server.journal().wait_for("peer closed"));
  }
}

TEST_CASE("pace: output goes on while the server does not read") {
  reset_script();
  script().start = [](auto& out) {
    out.list.emplace_back(effect::StopReading{});
    out.list.emplace_back(effect::Wait{1min});
    out.write("220 hello\r\n");
  };
  ScriptedServer server({}, ScriptedServer::Time::manual);
  RawClient client(server.serve());
  REQUIRE(server.wait_until([](net::Server& it) { return it.totals().open_sessions == 1; }));
  server.advance(1min);
  CHECK(client.read_line() == "220 hello\r\n");
  client.close();
  CHECK(server.journal().wait_for("peer closed"));
}
