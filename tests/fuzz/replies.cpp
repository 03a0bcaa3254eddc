// Fuzzes the sender's side: its reader of replies, and its dialogue with a server that says anything. Invariants:
// - A reply has a code of three digits and at least one line, all of it printable; after an error nothing is read.
// - Segments don't matter: byte by byte the same replies come out.
// - A dialogue ends; each recipient of a message is settled once, and nobody is settled as delivered without a 2yz.
#include "client/protocol/dialogue.hpp"
#include "client/protocol/reply.hpp"
#include "fuzz/targets.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tempfail::fuzz {
namespace {

struct Read {
  std::vector<client::Reply> replies;
  bool failed = false;
};

Read read_all(std::string_view input, std::size_t step) {
  client::ReplyReader reader;
  Read read;
  while (!input.empty() && !reader.failed()) {
    std::string_view piece = input.substr(0, step);
    input.remove_prefix(piece.size());
    while (std::optional<client::Reply> reply = reader.next(piece))
      read.replies.push_back(std::move(*reply));
  }
  read.failed = reader.failed();
  return read;
}

void check_replies(std::string_view input) {
  const Read whole = read_all(input, input.size() + 1);
  const Read bytes = read_all(input, 1);
  require(whole.failed == bytes.failed && whole.replies.size() == bytes.replies.size(),
          "replies: segments don't matter");
  for (std::size_t i = 0; i < whole.replies.size(); ++i) {
    const client::Reply& reply = whole.replies[i];
    require(reply.code >= 200 && reply.code <= 599, "replies: a code is one of SMTP's");
    require(!reply.lines.empty() && reply.lines == bytes.replies[i].lines,
            "replies: each has a line at least");
    for (const char letter : reply.text())
      require(static_cast<unsigned char>(letter) >= ' ', "replies: what is shown is printable");
  }
}

/// Performs what the dialogue asks for, without a network.
class Holder {
 public:
  explicit Holder(unsigned choice) : dialogue_(settings(choice)) { take(dialogue_.start()); }

  void run(std::string_view input, std::size_t step) {
    while (!input.empty() && !closed_) {
      const std::string_view piece = input.substr(0, step);
      input.remove_prefix(piece.size());
      take(dialogue_.receive(piece));
    }
    if (!closed_ && !dialogue_.over())
      take(dialogue_.closed(client::Ending::reset, "the fuzzer ended it"));
    require(!begun_ || settled_.size() == 2, "dialogue: each recipient is settled");
  }

 private:
  static client::SessionSettings settings(unsigned choice) {
    client::SessionSettings made;
    made.helo_name = "client.test";
    made.tls = (choice & 1U) != 0 ? client::TlsMode::opportunistic : client::TlsMode::never;
    made.chunking = (choice & 2U) != 0;
    made.pipelining = (choice & 4U) == 0;
    if ((choice & 8U) != 0) made.credentials = {"user", "secret", true};
    return made;
  }

  void take(const client::Actions& actions) {
    for (const client::Action& each : actions)
      std::visit([this](const auto& action) { perform(action); }, each);
    if (closed_) return;
    if (std::exchange(handshake_, false)) take(dialogue_.handshake_done({true, false, "x", "y"}));
    if (std::exchange(unsent_, false) && !closed_) take(dialogue_.written());
    if (!begun_ && !closed_ && dialogue_.ready()) begin();
  }

  void begin() {
    begun_ = true;
    client::Message message;
    message.sender = "a@sender.test";
    message.content = std::make_shared<const std::string>("Subject: x\r\n\r\n.text\r\n");
    take(dialogue_.begin(message, {{"one@b.test"}, {"two@b.test"}}));
  }

  void perform(const client::action::Send&) { unsent_ = true; }
  void perform(const client::action::SendContent&) { unsent_ = true; }
  void perform(const client::action::Handshake&) { handshake_ = true; }
  void perform(const client::action::Settled& it) {
    require(begun_ && it.recipient < 2, "dialogue: only recipients are settled");
    require(++settled_[it.recipient] == 1, "dialogue: nobody is settled twice");
    const bool accepted = it.settlement.code / 100 == 2;
    require(it.settlement.fate != client::Fate::delivered || accepted,
            "dialogue: delivered is what a 2yz says");
  }
  void perform(const client::action::Close&) { closed_ = true; }
  template <typename Other>
  void perform(const Other&) {}

  client::Dialogue dialogue_;
  std::map<std::size_t, int> settled_;
  bool begun_ = false;
  bool closed_ = false;
  bool handshake_ = false;
  bool unsent_ = false;
};

} // namespace

void fuzz_replies(std::string_view input) {
  const unsigned choice = take_byte(input);
  const std::size_t step = 1 + take_byte(input);
  check_replies(input);
  Holder holder(choice);
  holder.run(input, step);
}

} // namespace tempfail::fuzz
