// tempfail's server for the benchmarks: a scenario with rules that are asked on every message, the journal
// written to a file; TLS from the first byte where a kind of key is named. Prints its port; ends at SIGTERM.
#include "journal/recorder.hpp"
#include "net/clock.hpp"
#include "net/server.hpp"
#include "scenario/loader.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

namespace {

using namespace tempfail;

/// Conditions of each kind, a counting trigger, a spool that is asked and filled; none of them ever refuses.
constexpr std::string_view scenario_text = R"(
summary: Asks its rules on every message and accepts all the same
status: [4.3.1]
sources: [RFC 5321 section 4.2.3]
server:
  spool: {capacity: 1000000GB, drain: 1GB per 1s}
  rules:
    - on: rcpt
      when: {recipient: "full-*@*"}
      reply: 452 4.2.2 Mailbox full
    - on: mail
      when: {declared-size: "> spool.free"}
      reply: 452 4.3.1 Insufficient system storage
    - on: data
      during: 300d..
      per: client
      reply: 451 4.3.0 Try again later
    - on: message
      when: {spool: full}
      reply: 452 4.3.1 Insufficient system storage
sender:
  must: [retry]
)";

scenario::ScenarioPtr load(const std::string& key) {
  std::string text(scenario_text);
  const std::string server = "server:\n";
  if (!key.empty())
    text.insert(text.find(server) + server.size(), "  tls: {mode: implicit, key: " + key + "}\n");
  const scenario::LoadResult loaded = scenario::load_scenario(text, "bench/bench.yaml");
  for (const scenario::Mistake& mistake : loaded.mistakes)
    std::fprintf(stderr, "%s\n", mistake.to_string().c_str());
  if (!loaded.scenario) throw std::runtime_error("the scenario is wrong");
  return loaded.scenario;
}

int serve(const char* journal_file, const std::string& key) {
  boost::asio::io_context context{1};
  const auto clock = net::make_scaled_clock(context, 1.0);
  const auto say = [](const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); };
  journal::FileRecorder recorder(journal_file, say);
  net::Server server(context, *clock, recorder, {}, say);
  std::printf("port %u\n", static_cast<unsigned>(server.serve(load(key), 0).port));
  std::fflush(stdout);
  boost::asio::signal_set signals(context, SIGTERM, SIGINT);
  signals.async_wait([&](boost::system::error_code, int) { server.stop([&] { context.stop(); }); });
  context.run();
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: session_server JOURNAL [rsa-2048|ecdsa-p256]\n");
    return 2;
  }
  try {
    return serve(argv[1], argc > 2 ? argv[2] : "");
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "session_server: %s\n", problem.what());
    return 1;
  }
}
