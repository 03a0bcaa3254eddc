// What a client sees of each effect: order, segments, waits, and the journal before the reply.
#include "net/raw_client.hpp"
#include "net/running_server.hpp"
#include "net/scripted_session.hpp"
#include "net/tcp_state.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <string>

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
namespace effect = session::effect;

TEST_CASE("connection: greeting, lines and replies, an orderly end") {
  reset_script();
  script().start = [](auto& out) { out.write("220 hello\r\n"); };
  script().line = [](std::string_view line, auto& out) {
    if (line != "QUIT\r\n") out.write("250 " + std::string(line));
  };
  ScriptedServer server;
  RawClient client(server.serve());
  CHECK(client.read_line() == "220 hello\r\n");
  client.send("NOOP\r\n");
  CHECK(client.read_line() == "250 NOOP\r\n");
  client.send("QUIT\r\n");
  const Rest rest = client.read_to_end();
  CHECK(rest.bytes == "221 bye\r\n");
  CHECK(rest.ending == Ending::fin);
}

TEST_CASE("connection: pipelined lines are answered in order, wherever the segments are cut") {
  reset_script();
  script().line = [](std::string_view line, auto& out) { out.write(line); };
  ScriptedServer server;
  const std::uint16_t port = server.serve();
  const std::string sent = "one\r\ntwo\r\nthree\r\n";
  for (std::size_t cut = 0; cut <= sent.size(); ++cut) {
    RawClient client(port);
    client.send(sent.substr(0, cut));
    if (cut >= 5)
      CHECK(client.read(5) == "one\r\n"); // the cut is a real one: the first part was handled
    client.send(sent.substr(cut));
    CHECK(client.read(sent.size() - (cut >= 5 ? 5 : 0)) == sent.substr(cut >= 5 ? 5 : 0));
  }
}

TEST_CASE("connection: the journal is flushed before the reply leaves") {
  reset_script();
  script().line = [](std::string_view, auto& out) {
    journal::Event event;
    event.body = journal::event::Accepted{1};
    out.list.emplace_back(effect::Record{event});
    out.write("250 accepted\r\n");
  };
  ScriptedServer server;
  RawClient client(server.serve());
  REQUIRE(
      server.journal().wait_for("\"event\":\"server\"")); // no flush but that of the reply is left
  std::atomic<bool> early = false;
  std::atomic<int> flushes = 0;
  server.run([&](net::Server&) {
    server.journal().before_flush = [&] {
      ++flushes;
      if (client.readable_within(20)) early = true;
    };
  });
  client.send("x\r\n");
  CHECK(client.read_line() == "250 accepted\r\n");
  CHECK(flushes == 1);
  // The client goes before the server does, whose last flush must not look at it any more.
  server.run([&](net::Server&) { server.journal().before_flush = nullptr; });
  CHECK_FALSE(early);
  CHECK(server.journal().flushed().find("accepted") != std::string::npos);
}

TEST_CASE("connection: what follows a wait comes when its protocol time has passed") {
  reset_script();
  script().start = [](auto& out) {
    out.write("220-first\r\n");
    out.list.emplace_back(effect::Wait{5min});
    out.write("220 second\r\n");
  };
  ScriptedServer server({}, ScriptedServer::Time::manual);
  RawClient client(server.serve());
  CHECK(client.read_line() == "220-first\r\n");
  server.advance(5min - 1us);
  CHECK_FALSE(client.readable_within(30));
  server.advance(1us);
  CHECK(client.read_line() == "220 second\r\n");
}

TEST_CASE("connection: a wait in real time is at least as long as it says") {
  reset_script();
  script().start = [](auto& out) {
    out.write("220-first\r\n");
    out.list.emplace_back(effect::Wait{80ms});
    out.write("220 second\r\n");
  };
  ScriptedServer server;
  const auto before = std::chrono::steady_clock::now();
  RawClient client(server.serve());
  CHECK(client.read(23) == "220-first\r\n220 second\r\n");
  CHECK(std::chrono::steady_clock::now() - before >= 80ms);
}

TEST_CASE("connection: input that comes during a wait is kept, and answered after it") {
  reset_script();
  script().start = [](auto& out) {
    out.list.emplace_back(effect::Wait{1h});
    out.write("220 late\r\n");
  };
  script().line = [](std::string_view line, auto& out) { out.write(line); };
  ScriptedServer server({}, ScriptedServer::Time::manual);
  RawClient client(server.serve());
  REQUIRE(server.wait_until([](net::Server& it) { return it.open_sessions("") == 1; }));
  client.send("one\r\ntwo\r\n");
  server.advance(30min);
  client.send("three\r\n");
  server.advance(30min);
  CHECK(client.read(27) == "220 late\r\none\r\ntwo\r\nthree\r\n");
}

TEST_CASE("connection: dripped output comes in pieces of its size, one at a time") {
  reset_script();
  script().start = [](auto& out) {
    out.bytes = "220 dripped\r\n";
    out.list.emplace_back(effect::Drip{0, 13, 5, 10s});
    out.write("end\r\n");
  };
  ScriptedServer server({}, ScriptedServer::Time::manual);
  RawClient client(server.serve());
  CHECK(client.read_some() == "220 d");
  server.advance(10s);
  CHECK(client.read_some() == "rippe");
  server.advance(9s);
  CHECK_FALSE(client.readable_within(30));
  server.advance(1s);
  CHECK(client.read(8) == "d\r\nend\r\n");
}

TEST_CASE("connection: each dripped piece is a segment of its own") {
  reset_script();
  script().start = [](auto& out) {
    out.bytes = std::string(20, 'x');
    out.list.emplace_back(effect::Drip{0, 20, 1, 0s});
    out.list.emplace_back(effect::Close{});
  };
  ScriptedServer server;
  RawClient client(server.serve());
  CHECK(client.read_to_end().bytes == std::string(20, 'x'));
  CHECK(tcp_state(client.fd()).data_segments_in == 20);
}

TEST_CASE("connection: output that the client does not take stops the input, and loses nothing") {
  reset_script();
  static constexpr int lines = 3000;
  const std::string reply(4000, 'r');
  std::atomic<int> handled = 0;
  script().line = [&](std::string_view, auto& out) {
    ++handled;
    out.write(reply);
  };
  ScriptedServer server;
  RawClient client(server.serve(), 4096);
  std::string input;
  for (int i = 0; i < lines; ++i)
    input += "x\r\n";
  client.send(input);
  std::size_t total = 0;
  bool held_back = false;
  while (total < reply.size() * lines) {
    if (!held_back) held_back = handled < lines && total > 0;
    const std::string some = client.read_some();
    REQUIRE_FALSE(some.empty());
    REQUIRE(some.find_first_not_of('r') == std::string::npos);
    total += some.size();
  }
  CHECK(total == reply.size() * lines);
  CHECK(handled == lines);
  CHECK(held_back);
}

TEST_CASE("connection: the idle timer counts from the last input") {
  reset_script();
  script().start = [](auto& out) {
    out.write("220 hello\r\n");
    out.list.emplace_back(effect::IdleTimer{5min});
  };
  script().line = [](std::string_view line, auto& out) { out.write(line); };
  script().idle = [](auto& out) {
    out.write("421 too slow\r\n");
    out.list.emplace_back(effect::Close{});
  };
  ScriptedServer server({}, ScriptedServer::Time::manual);
  RawClient client(server.serve());
  client.read_line();
  server.advance(4min);
  client.send("x\r\n");
  CHECK(client.read_line() == "x\r\n");
  server.advance(5min - 1us);
  CHECK_FALSE(client.readable_within(30));
  server.advance(1us);
  const Rest rest = client.read_to_end();
  CHECK(rest.bytes == "421 too slow\r\n");
  CHECK(rest.ending == Ending::fin);
}

TEST_CASE("connection: an idle timer that is taken back or replaced") {
  reset_script();
  script().start = [](auto& out) {
    out.list.emplace_back(effect::IdleTimer{5min});
    out.write("220 hello\r\n");
  };
  script().line = [](std::string_view line, auto& out) {
    if (line == "never\r\n") out.list.emplace_back(effect::IdleTimer{std::nullopt});
    if (line == "sooner\r\n") out.list.emplace_back(effect::IdleTimer{1min});
    out.write(line);
  };
  script().idle = [](auto& out) { out.write("idle\r\n"); };
  ScriptedServer server({}, ScriptedServer::Time::manual);
  RawClient client(server.serve());
  client.read_line();
  client.send("never\r\n");
  CHECK(client.read_line() == "never\r\n");
  server.advance(1h);
  CHECK_FALSE(client.readable_within(30));
  client.send("sooner\r\n");
  CHECK(client.read_line() == "sooner\r\n");
  server.advance(1min);
  CHECK(client.read_line() == "idle\r\n");
}
