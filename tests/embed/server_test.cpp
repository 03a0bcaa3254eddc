// Servers in the process of a test, beside what all fixtures do.
#include "embed/raw_dialogue.hpp"
#include "support/catch.hpp"
#include "tempfail/server.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <memory>
#include <thread>

using namespace tempfail;

namespace {

/// One message from the greeting to QUIT.
nlohmann::json one_message() {
  return {{nullptr, "220"},
          {"EHLO a.test", "250"},
          {"MAIL FROM:<a@a.test>", "250"},
          {"RCPT TO:<b@b.test>", "250"},
          {"DATA", "354"},
          {"Subject: a\r\n b\r\nX: c\r\n\r\nSubject: d\r\n.", "250"},
          {"QUIT", "221"}};
}

} // namespace

TEST_CASE("embed: servers of several threads live and die beside each other") {
  std::vector<std::thread> threads;
  std::atomic<int> accepted = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 5; ++j) {
        Server server("healthy");
        test::talk(server.host(), server.port(), one_message());
        accepted += static_cast<int>(server.accepted(1).size());
      }
    });
  for (std::thread& thread : threads)
    thread.join();
  CHECK(accepted == 20);
}

TEST_CASE("embed: a field is looked for in the header alone, and unfolded") {
  Server server("healthy");
  test::talk(server.host(), server.port(), one_message());
  const Accepted message = server.accepted(1).front();
  CHECK(message.header("subject") == "a b");
  CHECK(message.header("x") == "c");
  CHECK_FALSE(message.header("d"));
}

TEST_CASE("embed: a session that is open does not keep a server from closing") {
  auto server = std::make_unique<Server>("healthy");
  const std::uint16_t port = server->port();
  std::thread client([&, port] {
    test::talk("127.0.0.1", port,
               {{nullptr, "220"}, {"NOOP", "250"}, {nullptr, "421"}, {nullptr, "closed"}});
  });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (server->dialogue().find("NOOP") == std::string::npos &&
         std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  server.reset();
  client.join();
  CHECK(test::is_refused("127.0.0.1", port));
}
