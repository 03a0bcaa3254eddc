// Lines of the control socket and their answers, of a real server.
#include "cli/control_protocol.hpp"
#include "control/control_world.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;

namespace {

struct Asked {
  explicit Asked(const std::string& scenario = "healthy") : managed_server(world.make(scenario)) {}

  /// Asks, and turns the loop until there is an answer.
  std::string answer(std::string_view line) {
    std::string said;
    cli::answer_control(line, *managed_server, world.surroundings.limits,
                        [&said](std::string text) { said = std::move(text); });
    world.turn_until([&said] { return !said.empty(); });
    return said;
  }

  ControlWorld world;
  control::ManagedServerPtr managed_server;
};

} // namespace

TEST_CASE("control: commands are done with their argument") {
  Asked server;
  CHECK(server.answer("now") == "ok 0s");
  CHECK(server.answer("advance 1h") == "ok 1h");
  CHECK(server.answer("  advance   1s ") == "ok 1h1s");
  CHECK(server.answer("now") == "ok 1h1s");
  CHECK(server.answer("reset all") == "ok reset all");
  CHECK(server.answer("reset healthy") == "ok reset healthy");
  CHECK(server.answer("mark here").starts_with("ok "));
  const std::string status = server.answer("status");
  CHECK(status.starts_with("ok {"));
  CHECK(status.find('\n') == std::string::npos);
  CHECK(status.find("\"now\":\"1h1s\"") != std::string::npos);
}

TEST_CASE("control: errors are answers") {
  Asked server;
  CHECK(server.answer("stop-queue healthy") == "error scenario healthy has no queue");
  CHECK(server.answer("") == "error empty line");
  CHECK(server.answer("advance") == "error usage: advance DURATION");
  CHECK(server.answer("advance 1h 2h") == "error usage: advance DURATION");
  CHECK(server.answer("advance soon").starts_with("error soon is not a valid duration"));
  CHECK(server.answer("advance 3661d").starts_with("error 3661d is over the limit of ten years"));
  CHECK(
      server.answer("now 5").starts_with("error unknown command now 5; allowed: advance DURATION"));
  CHECK(server.answer("dance").starts_with("error unknown command dance"));
  CHECK(server.answer("reset helthy") ==
        "error no scenario helthy is served; did you mean healthy?");
  CHECK(server.answer("wait") == "error usage: wait tries|messages COUNT TIME");
  CHECK(server.answer("wait mails 1 1s") == "error usage: wait tries|messages COUNT TIME");
  CHECK(server.answer("wait tries x 1s") == "error x is not a whole number");
  CHECK(server.answer("wait tries 1 2m") == "error 2m is over the limit of 1m");
  CHECK(server.answer("events 1") == "error usage: events POSITION TIME");
}

TEST_CASE("control: what arrives can be waited for") {
  Asked server;
  CHECK(server.answer("wait messages 1 1ms") ==
        "ok {\"complete\":false,\"count\":0,\"messages\":[]}");
  RawClient client(port_of(*server.managed_server));
  send_message(client);
  CHECK(server.answer("wait messages 1 60s").starts_with("ok {\"complete\":true,\"count\":1,"));
  CHECK(server.answer("wait tries 1 60s").starts_with("ok {\"complete\":true,\"count\":1,"));
}

TEST_CASE("control: events come from a position on") {
  Asked server;
  const std::string first = server.answer("events 0 60s");
  CHECK(first.starts_with("ok {\"position\":2,\"events\":[{\"seq\":1,"));
  CHECK(first.ends_with("}]}"));
  CHECK(first.find('\n') == std::string::npos);
  CHECK(server.answer("events 2 1ms") == "ok {\"position\":2,\"events\":[]}");
  server.answer("mark here");
  CHECK(server.answer("events 2 60s").find("\"label\":\"here\"") != std::string::npos);
}

TEST_CASE("control: commands that are listed are those that are understood") {
  Asked server;
  for (const cli::ControlCommand& command : cli::control_commands()) {
    const std::string name = command.usage.substr(0, command.usage.find(' '));
    CHECK_FALSE(
        server.answer(name + (name == command.usage ? "" : " 5s")).starts_with("error unknown"));
  }
}
