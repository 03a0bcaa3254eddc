// Ends, as a raw client sees them: FIN, RST, half-close; and the client's own, as the journal sees them.
#include "net/raw_client.hpp"
#include "net/running_server.hpp"
#include "net/scripted_session.hpp"
#include "support/catch.hpp"

#include <string>

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
namespace effect = session::effect;

TEST_CASE("ending: close is a FIN after all output, even with input unread") {
  reset_script();
  script().start = [](auto& out) {
    out.write("220 hello\r\n");
    out.list.emplace_back(effect::Wait{1min});
    out.write("421 bye\r\n");
    out.list.emplace_back(effect::Close{});
  };
  ScriptedServer server({}, ScriptedServer::Time::manual);
  RawClient client(server.serve());
  client.read_line();
  client.send("nobody will look at this\r\n");
  server.advance(1min);
  const Rest rest = client.read_to_end();
  CHECK(rest.bytes == "421 bye\r\n");
  CHECK(rest.ending == Ending::fin);
  client.send("nor at this\r\n"); // drained, not answered with RST
  CHECK(client.read_to_end().ending == Ending::fin);
}

TEST_CASE("ending: a client that never closes is reset when the drain time is up") {
  reset_script();
  script().start = [](auto& out) { out.list.emplace_back(effect::Close{}); };
  net::ServerSettings settings;
  settings.drain = 50ms;
  ScriptedServer server(settings);
  RawClient client(server.serve());
  const auto before = std::chrono::steady_clock::now();
  CHECK(client.read_to_end().ending == Ending::fin);
  // The RST shows as an error on the next write.
  bool reset = false;
  while (!reset && std::chrono::steady_clock::now() - before < 60s) {
    try {
      client.send("x");
    } catch (const std::system_error&) {
      reset = true;
    }
  }
  CHECK(reset);
  CHECK(std::chrono::steady_clock::now() - before >= 50ms);
}

TEST_CASE("ending: reset is an RST, after the output before it") {
  reset_script();
  script().line = [](std::string_view, auto& out) {
    out.write("250-part of a rep");
    out.list.emplace_back(effect::Reset{});
  };
  ScriptedServer server;
  RawClient client(server.serve());
  client.send("x\r\n");
  const Rest rest = client.read_to_end();
  CHECK(rest.bytes == "250-part of a rep");
  CHECK(rest.ending == Ending::reset);
}

TEST_CASE("ending: after a half-close the server goes on reading") {
  reset_script();
  script().start = [](auto& out) {
    out.write("220 hello\r\n");
    out.list.emplace_back(effect::HalfClose{});
  };
  script().line = [](std::string_view line, auto& out) {
    record(out, "heard " + std::string(line.substr(0, line.size() - 2)));
    out.write("this can't be sent any more\r\n");
  };
  ScriptedServer server;
  RawClient client(server.serve());
  const Rest rest = client.read_to_end();
  CHECK(rest.bytes == "220 hello\r\n");
  CHECK(rest.ending == Ending::fin);
  client.send("still here\r\n");
  CHECK(server.journal().wait_for("heard still here"));
  client.close();
  CHECK(server.journal().wait_for("peer closed"));
}

TEST_CASE("ending: a stalled session notices the client's FIN at once, and what it had sent") {
  reset_script();
  script().start = [](auto& out) { out.list.emplace_back(effect::Stall{}); };
  ScriptedServer server({}, ScriptedServer::Time::manual);
  RawClient client(server.serve());
  client.send("EHLO impatient\r\n");
  client.close();
  CHECK(server.journal().wait_for("peer closed, pending \\\"EHLO impatient"));
  CHECK(server.wait_until([](net::Server& it) { return it.open_sessions("") == 0; }));
}

TEST_CASE("ending: a waiting session notices the client's RST") {
  reset_script();
  script().start = [](auto& out) {
    out.list.emplace_back(effect::Wait{1h});
    out.write("220 late\r\n");
  };
  ScriptedServer server({}, ScriptedServer::Time::manual);
  RawClient client(server.serve());
  REQUIRE(server.wait_until([](net::Server& it) { return it.open_sessions("test") == 1; }));
  client.reset();
  CHECK(server.journal().wait_for("peer reset"));
  server.advance(2h); // its timer is gone with it
  CHECK(server.wait_until([](net::Server& it) { return it.open_sessions("test") == 0; }));
}

TEST_CASE("ending: a client that sends all and closes is answered before its end is noticed") {
  reset_script();
  script().line = [](std::string_view line, auto& out) { out.write(line); };
  ScriptedServer server;
  RawClient client(server.serve());
  client.send("one\r\ntwo\r\n");
  client.half_close();
  const Rest rest = client.read_to_end();
  CHECK(rest.bytes == "one\r\ntwo\r\n");
  CHECK(rest.ending == Ending::fin);
}

TEST_CASE(
    "ending: a stalled client's full input is kept up to the bound, and its end still noticed") {
  reset_script();
  script().start = [](auto& out) { out.list.emplace_back(effect::Stall{}); };
  net::ServerSettings settings;
  settings.kept_input = 1000;
  ScriptedServer server(settings, ScriptedServer::Time::manual);
  RawClient client(server.serve());
  client.send(std::string(1000, 'x'));
  client.close();
  CHECK(server.journal().wait_for("peer closed"));
}

TEST_CASE("ending: stop says 421 to everyone, whatever they wait for, and comes to an end") {
  reset_script();
  script().line = [](std::string_view line, auto& out) {
    if (line == "stall\r\n") out.list.emplace_back(effect::Stall{});
    if (line == "wait\r\n") out.list.emplace_back(effect::Wait{1h});
    if (line == "deaf\r\n") out.list.emplace_back(effect::StopReading{});
    out.write("250 ok\r\n");
  };
  ScriptedServer server({}, ScriptedServer::Time::manual);
  const std::uint16_t port = server.serve();
  RawClient idle(port);
  RawClient stalled(port);
  stalled.send("stall\r\n");
  RawClient waiting(port);
  waiting.send("wait\r\n");
  RawClient deaf(port);
  deaf.send("deaf\r\n");
  CHECK(deaf.read_line() == "250 ok\r\n");
  REQUIRE(server.wait_until([](net::Server& it) { return it.totals().open_sessions == 4; }));
  std::thread clients([&] {
    for (RawClient* client : {&idle, &stalled, &waiting, &deaf}) {
      const Rest rest = client->read_to_end();
      CHECK(rest.bytes == "421 stopping\r\n");
      CHECK(rest.ending == Ending::fin);
      client->close();
    }
  });
  server.stop();
  clients.join();
  CHECK_THROWS_AS(RawClient(port), std::system_error);
  CHECK(server.journal().flushed().find("shut down") != std::string::npos);
}

TEST_CASE("ending: stop resets who does not close within the drain time") {
  reset_script();
  net::ServerSettings settings;
  settings.drain = 50ms;
  ScriptedServer server(settings);
  RawClient client(server.serve());
  REQUIRE(server.wait_until([](net::Server& it) { return it.totals().open_sessions == 1; }));
  server.stop();
  server.run([](net::Server& it) { CHECK(it.totals().open_sessions == 0); });
}
