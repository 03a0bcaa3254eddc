// The same session, its bytes cut everywhere, comes to the same end.
#include "client/protocol/conversation.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace tempfail::client;

namespace {

/// What a session did, but for its waits.
struct Trace {
  std::string said;
  std::vector<std::string> settled;
  bool over = false;
  bool operator==(const Trace&) const = default;
};

/// Plays server blocks against a dialogue: each block is fed in pieces of `piece` bytes.
class Player {
 public:
  Player(std::string_view ehlo, std::size_t piece) : piece_(piece), session_(plain_settings()) {
    take(session_.dialogue().start());
    feed("220 mx\r\n");
    feed(ehlo);
  }

  void begin() {
    std::vector<Recipient> recipients = {{.address = "x@mx.test"}, {.address = "y@mx.test"}};
    take(session_.dialogue().begin(
        {.sender = "a@b.test", .content = std::make_shared<const std::string>("body\r\n")},
        recipients));
  }

  void feed(std::string_view block) {
    for (std::size_t begin = 0; begin < block.size(); begin += piece_) {
      take(session_.dialogue().receive(block.substr(begin, piece_)));
    }
  }

  Trace end() {
    trace_.over = session_.dialogue().over();
    return trace_;
  }

 private:
  void take(const Actions& actions) {
    bool content = false;
    for (const Action& action : actions) {
      if (const auto* send = std::get_if<action::Send>(&action)) {
        trace_.said += send->bytes;
      } else if (const auto* settled = std::get_if<action::Settled>(&action)) {
        trace_.settled.push_back(std::to_string(settled->recipient) + ' ' +
                                 describe(settled->settlement));
      } else if (const auto* body = std::get_if<action::SendContent>(&action)) {
        trace_.said += *body->content + body->trailer;
        content = true;
      }
    }
    if (content) {
      take(session_.dialogue().written());
    }
  }

  std::size_t piece_;
  Conversation session_;
  Trace trace_;
};

Trace play(std::string_view ehlo, const std::vector<std::string>& blocks, std::size_t piece) {
  Player player(ehlo, piece);
  player.begin();
  for (const std::string& block : blocks) {
    player.feed(block);
  }
  return player.end();
}

} // namespace

TEST_CASE("sessions_end_the_same_wherever_the_bytes_are_cut") {
  const std::string plain = "250 mx\r\n";
  const std::string pipelined = "250-mx\r\n250-SIZE 100\r\n250 PIPELINING\r\n";
  const std::vector<std::pair<std::string, std::vector<std::string>>> sessions = {
      {plain,
       {"250 ok\r\n", "250 ok\r\n", "452-4.2.2 full\r\n452 4.2.2 really\r\n", "354 go\n",
        "250 2.0.0 ok\r\n"}},
      {pipelined, {"250 ok\r\n250 ok\r\n550 5.1.1 no\r\n354 go\r\n", "250 ok\r\n"}},
      {pipelined, {"452 4.3.1 full\r\n503 no\r\n503 no\r\n503 no\r\n"}},
      {pipelined, {"250 ok\r\n250 ok\r\n421 4.3.2 bye\r\n"}},
      {plain, {"250 ok\r\n", "nonsense\r\n"}},
      {plain, {"250 ok\r\n", "250-ok\r\n451 no\r\n"}},
  };
  for (const auto& [ehlo, blocks] : sessions) {
    const Trace whole = play(ehlo, blocks, 1000);
    CHECK_FALSE(whole.settled.empty());
    for (std::size_t piece = 1; piece < 40; ++piece) {
      const Trace cut = play(ehlo, blocks, piece);
      CHECK(cut.said == whole.said);
      CHECK(cut.settled == whole.settled);
      CHECK(cut.over == whole.over);
    }
  }
}
