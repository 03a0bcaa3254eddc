// What people read of a session: each event's lines, in order, and each reply once.
#include "journal/dialogue.hpp"
#include "journal/reader.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace tempfail;
using namespace tempfail::journal;
using namespace std::chrono_literals;

namespace {

/// Lines as "C at 5: EHLO", times in seconds.
std::vector<std::string> told(const Journal& journal) {
  std::vector<std::string> lines;
  for (const Event& event : journal.events())
    for (const DialogueLine& line : dialogue_lines(event)) {
      constexpr std::array<char, 3> signs = {'C', 'S', '-'};
      lines.push_back(signs[static_cast<std::size_t>(line.by)] + std::string(" ") +
                      std::to_string(line.time / 1s) + " " + line.text);
    }
  return lines;
}

std::vector<std::string> told(std::string_view events) {
  return told(Journal::decode(std::string(R"({"seq":1,"time_us":0,"event":"run","format":2})") +
                              "\n" + std::string(events)));
}

} // namespace

TEST_CASE("dialogue_has_each_line_of_a_reply_and_what_the_scenario_did") {
  CHECK(told(R"({"seq":2,"time_us":1000000,"session":1,"event":"connect","client":"127.0.0.1",)"
             R"("client_port":4,"server_port":25}
{"seq":3,"time_us":3000000,"asked_us":2000000,"session":1,"event":"exchange","number":1,)"
             R"("stage":"ehlo","verb":"EHLO","line":"EHLO c","reply":"250-mx\r\n250 SIZE 1\r\n",)"
             R"("code":250,"did":"delay drip"}
{"seq":4,"time_us":5000000,"session":1,"event":"disconnect","by":"client-quit","stage":"quit"}
)") == std::vector<std::string>{"- 1 connected from 127.0.0.1 to port 25", "C 2 EHLO c",
                                "- 3 the scenario: delay, drip", "S 3 250-mx", "S 3 250 SIZE 1",
                                "- 5 closed after QUIT"});
}

TEST_CASE("dialogue_tells_a_reply_that_was_held_back_once_and_when_it_left") {
  CHECK(
      told(R"({"seq":2,"time_us":2000000,"session":1,"event":"exchange","number":1,"stage":"noop",)"
           R"("verb":"NOOP","line":"NOOP","open":true}
{"seq":3,"time_us":9000000,"session":1,"event":"reply","exchange":1,"reply":"250 Ok\r\n","code":250}
{"seq":4,"time_us":9000000,"session":1,"event":"reply","exchange":0,"reply":"250 Ok\r\n","code":250}
)") == std::vector<std::string>{"C 2 NOOP", "S 9 250 Ok", "S 9 250 Ok"});
}

TEST_CASE("dialogue_tells_a_reply_that_left_late_once") {
  // It waited in the server until the client took more.
  CHECK(
      told(R"({"seq":2,"time_us":2000000,"session":1,"event":"exchange","number":1,"stage":"noop",)"
           R"("verb":"NOOP","line":"NOOP","reply":"250 Ok\r\n","code":250}
{"seq":3,"time_us":2000000,"session":1,"event":"sending","unsent":8}
{"seq":4,"time_us":7000000,"session":1,"event":"sending","unsent":0}
)") == std::vector<std::string>{"C 2 NOOP", "S 7 250 Ok"});
}

TEST_CASE("dialogue_names_content_by_its_size_and_ends_it_with_a_dot") {
  CHECK(told(R"({"seq":2,"time_us":1000000,"session":1,"event":"content","message_id":"1@x",)"
             R"("hash":"0000000000000001","size":272,"received_fields":0,"longest_line":10}
{"seq":3,"time_us":1000000,"session":1,"event":"exchange","number":1,"stage":"message",)"
             R"("reply":"452 4.3.1 Full\r\n","code":452}
)") == std::vector<std::string>{"- 1 content: 272 bytes, Message-ID <1@x>", "C 1 .",
                                "S 1 452 4.3.1 Full"});
}

TEST_CASE("dialogue_says_how_a_connection_ended") {
  const auto end = [](const std::string& fields) {
    return told(R"({"seq":2,"time_us":1000000,"session":1,"event":"disconnect","stage":"data",)" +
                fields + "}\n");
  };
  CHECK(end(R"("by":"client-closed")") ==
        std::vector<std::string>{"- 1 the client closed the connection"});
  CHECK(end(R"("by":"client-reset","content_bytes":5)") ==
        std::vector<std::string>{"- 1 the client reset the connection after 5 bytes of content"});
  CHECK(end(R"("by":"server")") ==
        std::vector<std::string>{"- 1 the server closed the connection"});
  CHECK(end(R"("by":"server","reset":true)") ==
        std::vector<std::string>{"- 1 the server reset the connection"});
  CHECK(end(R"("by":"client-closed","pending":"MAI")") ==
        std::vector<std::string>{"C 1 MAI", "- 1 the client closed the connection"});
}
