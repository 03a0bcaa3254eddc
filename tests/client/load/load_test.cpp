// A load sends exactly as many messages as asked, in the way asked, and counts what goes wrong.
#include "client/load/load.hpp"
#include "client/support/scripted_server.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <set>

using namespace tempfail::client;
using namespace tempfail::client::test;

namespace {

LoadOptions to(const ScriptedServer& server, std::uint64_t messages) {
  LoadOptions options;
  options.port = server.port();
  options.messages = messages;
  options.sessions = 4;
  return options;
}

LoadResult run(const LoadOptions& options) {
  return run_load(options, [](const LoadResult&) { return true; });
}

constexpr const char* pipelining = "250-mx\n250 PIPELINING";

} // namespace

TEST_CASE("every_message_arrives_once_with_its_size") {
  for (const std::uint64_t per_session : {1U, 3U, 0U}) {
    for (const bool pipelined : {false, true}) {
      INFO(per_session << (pipelined ? " pipelined" : ""));
      ScriptedServer server({[](Peer& peer) { peer.serve(pipelining); }});
      LoadOptions options = to(server, 50);
      options.messages_per_session = per_session;
      options.pipelined = pipelined;
      options.size = 2000;
      const LoadResult result = run(options);
      CHECK(result.delivered == 50);
      CHECK(result.failed == 0);
      CHECK(result.latency.count() == 50);
      CHECK(result.connections >= (per_session == 0 ? 1U : 50U / per_session));
      server.stop();
      std::set<std::string> ids;
      for (const std::string& content : server.contents()) {
        CHECK(content.size() == 2000);
        ids.insert(content.substr(0, content.find('\n')));
      }
      CHECK(ids.size() == 50);
      const auto heard = server.heard();
      CHECK(static_cast<std::uint64_t>(std::count(heard.begin(), heard.end(), "QUIT")) ==
            result.connections);
    }
  }
}

TEST_CASE("a_server_without_pipelining_is_not_pipelined_to") {
  ScriptedServer server({[](Peer& peer) {
    peer.say("220 mx");
    peer.hear();
    peer.say("250 mx");
    CHECK(peer.hear_bytes(30) == "MAIL FROM:<load@sender.test>\r\n");
    peer.say("250 ok");
    peer.hear();
    peer.say("250 ok");
    peer.hear();
    peer.say("354 go");
    peer.hear_content();
    peer.say("250 ok");
    CHECK(peer.hear() == "QUIT");
    peer.say("221 bye");
  }});
  LoadOptions options = to(server, 1);
  options.pipelined = true;
  CHECK(run(options).delivered == 1);
}

TEST_CASE("refusals_are_counted_by_status") {
  ScriptedServer server({[](Peer& peer) { peer.serve(pipelining, "452 4.3.1 full"); }});
  for (const bool pipelined : {false, true}) {
    LoadOptions options = to(server, 20);
    options.messages_per_session = 0;
    options.pipelined = pipelined;
    const LoadResult result = run(options);
    CHECK(result.delivered == 0);
    CHECK(result.errors == std::map<std::string, std::uint64_t>{{"452 4.3.1", 20}});
  }
}

TEST_CASE("envelope_refusals_do_not_stop_the_session") {
  const auto refuse_rcpt = [](Peer& peer) {
    peer.say("220 mx");
    for (std::string line = peer.hear(); !line.empty(); line = peer.hear()) {
      if (line.starts_with("EHLO")) {
        peer.say(pipelining);
      } else if (line == "DATA") {
        peer.say("354 go"); // although nobody was accepted
        peer.hear_content();
        peer.say("554 nobody");
      } else {
        peer.say(line.starts_with("RCPT") ? "450 later" : "250 ok");
      }
    }
  };
  for (const bool pipelined : {false, true}) {
    ScriptedServer server({refuse_rcpt});
    LoadOptions options = to(server, 10);
    options.sessions = 1;
    options.messages_per_session = 0;
    options.pipelined = pipelined;
    const LoadResult result = run(options);
    CHECK(result.errors == std::map<std::string, std::uint64_t>{{"450", 10}});
    CHECK(result.connections == 1);
  }
}

TEST_CASE("connections_that_fail_are_counted_and_do_not_hang") {
  RefusedPort port;
  LoadOptions options;
  options.port = port.port();
  options.messages = 500;
  CHECK(run(options).errors == std::map<std::string, std::uint64_t>{{"connection refused", 500}});
  ScriptedServer dropping({[](Peer& peer) {
    peer.say("220 mx");
    peer.hear();
  }});
  const LoadResult dropped = run(to(dropping, 20));
  CHECK(dropped.failed == 20);
  CHECK(dropped.done() == 20);
  ScriptedServer shutting({[](Peer& peer) { peer.say("421 4.3.2 closed"); }});
  CHECK(run(to(shutting, 20)).errors == std::map<std::string, std::uint64_t>{{"421 4.3.2", 20}});
  ScriptedServer gibberish({[](Peer& peer) { peer.say("hello"); }});
  CHECK(run(to(gibberish, 5)).errors ==
        std::map<std::string, std::uint64_t>{{"not an SMTP reply", 5}});
}

TEST_CASE("a_silent_server_is_given_up") {
  ScriptedServer server({[](Peer& peer) { peer.hear_all(); }});
  LoadOptions options = to(server, 4);
  options.time_out = std::chrono::milliseconds(300);
  CHECK(run(options).errors == std::map<std::string, std::uint64_t>{{"timed out", 4}});
}

TEST_CASE("a_rate_is_kept") {
  ScriptedServer server({[](Peer& peer) { peer.serve(); }});
  LoadOptions options = to(server, 20);
  options.rate = 20;
  options.messages_per_session = 0;
  const LoadResult result = run(options);
  CHECK(result.delivered == 20);
  CHECK(result.elapsed >= std::chrono::milliseconds(950)); // the twentieth begins after 19/20 s
}

TEST_CASE("large_messages_arrive_whole_whatever_the_socket_takes") {
  ScriptedServer server({[](Peer& peer) { peer.serve(pipelining); }});
  LoadOptions options = to(server, 6);
  options.size = 5'000'000;
  options.messages_per_session = 0;
  options.pipelined = true;
  CHECK(run(options).delivered == 6);
  server.stop();
  REQUIRE(server.contents().size() == 6);
  for (const std::string& content : server.contents()) {
    CHECK(content.size() == 5'000'000);
  }
}

TEST_CASE("a_load_can_be_interrupted") {
  ScriptedServer server({[](Peer& peer) { peer.hear_all(); }});
  const LoadOptions options = to(server, 100);
  const LoadResult result = run_load(options, [](const LoadResult&) { return false; });
  CHECK(result.interrupted);
  CHECK(result.delivered == 0);
}

TEST_CASE("a_name_without_address_is_told") {
  LoadOptions options;
  options.host = "does-not-exist.invalid";
  CHECK_THROWS(run(options));
}

TEST_CASE("reports_name_what_was_measured") {
  LoadOptions options;
  LoadResult result;
  result.delivered = 900;
  result.failed = 100;
  result.errors["452 4.3.1"] = 100;
  result.elapsed = std::chrono::seconds(2);
  result.latency.add(std::chrono::milliseconds(3));
  const std::string text = describe_load(options, result);
  CHECK(text.find("450 messages/s") != std::string::npos);
  CHECK(text.find("100 x 452 4.3.1") != std::string::npos);
  CHECK(load_as_json(options, result).find("\"messages_per_second\": 450.0") != std::string::npos);
  const std::string line = progress_line(options, result, 79);
  CHECK(line.size() <= 79);
  CHECK(line.find("100%") != std::string::npos);
}
