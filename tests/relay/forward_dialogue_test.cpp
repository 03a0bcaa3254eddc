// The client's side of a dialogue: what it says to each reply, and what it makes of it.
#include "relay/forward_dialogue.hpp"

#include "support/catch.hpp"

using namespace tempfail::relay;

namespace {

Mail mail_to(std::vector<std::string> recipients) {
  return {"a@sender.test", std::move(recipients), "Subject: x\r\n\r\n.dot\r\ntext\r\n"};
}

} // namespace

TEST_CASE("dialogue: a message is handed over, whatever the segments") {
  const Mail mail = mail_to({"b@rcpt.test"});
  for (const bool byte_by_byte : {false, true}) {
    ForwardDialogue dialogue(mail, "mx.test");
    const auto receive = [&](const std::string& text) {
      if (!byte_by_byte) return dialogue.receive(text);
      std::string out;
      for (const char c : text)
        out += dialogue.receive(std::string(1, c));
      return out;
    };
    CHECK(receive("220-mx2\r\n220 ESMTP\r\n") == "EHLO mx.test\r\n");
    CHECK(receive("250-mx2\r\n250 HELP\r\n") == "MAIL FROM:<a@sender.test>\r\n");
    CHECK(receive("250 Ok\r\n") == "RCPT TO:<b@rcpt.test>\r\n");
    CHECK(receive("250 Ok\r\n") == "DATA\r\n");
    CHECK(receive("354 Go\r\n") == "Subject: x\r\n\r\n..dot\r\ntext\r\n.\r\n");
    CHECK_FALSE(dialogue.has_ended());
    CHECK(receive("250 2.0.0 Taken\r\n") == "QUIT\r\n");
    CHECK(receive("221 Bye\r\n").empty());
    CHECK(dialogue.has_ended());
    CHECK(dialogue.outcome().accepted());
    CHECK(dialogue.outcome().reply == "250 2.0.0 Taken");
  }
}

TEST_CASE("dialogue: a refusal at any stage decides, and leave is taken") {
  const Mail mail = mail_to({"b@rcpt.test"});
  const std::vector<std::string> replies = {"220 mx", "250 mx", "250 Ok", "250 Ok", "354 Go"};
  for (std::size_t at = 0; at <= replies.size(); ++at) {
    INFO(at);
    ForwardDialogue dialogue(mail, "mx.test");
    for (std::size_t i = 0; i < at; ++i)
      dialogue.receive(replies[i] + "\r\n");
    CHECK(dialogue.receive("554-5.4.6 Too\r\n554 5.4.6 many hops\r\n") == "QUIT\r\n");
    dialogue.lost("closed");
    CHECK(dialogue.has_ended());
    CHECK(dialogue.outcome().rejected());
    CHECK(dialogue.outcome().reply == "554-5.4.6 Too\n554 5.4.6 many hops");
  }
}

TEST_CASE("dialogue: one recipient of two refused") {
  const Mail mail = mail_to({"b@rcpt.test", "c@rcpt.test"});
  ForwardDialogue dialogue(mail, "mx.test");
  dialogue.receive("220 mx\r\n250 mx\r\n250 Ok\r\n");
  CHECK(dialogue.receive("550 5.1.1 No\r\n") == "RCPT TO:<c@rcpt.test>\r\n");
  CHECK(dialogue.receive("250 Ok\r\n") == "DATA\r\n");
  dialogue.receive("354 Go\r\n250 Ok\r\n221 Bye\r\n");
  CHECK(dialogue.outcome().accepted());
  CHECK(dialogue.outcome().refused == std::vector<std::string>{"b@rcpt.test"});
}

TEST_CASE("dialogue: 8-bit content asks for 8BITMIME where the server has it") {
  Mail mail = mail_to({"b@rcpt.test"});
  mail.content = "Subject: \xc3\xbc\r\n\r\n";
  ForwardDialogue with(mail, "mx.test");
  with.receive("220 mx\r\n");
  CHECK(with.receive("250-mx\r\n250 8BITMIME\r\n") ==
        "MAIL FROM:<a@sender.test> BODY=8BITMIME\r\n");
  ForwardDialogue without(mail, "mx.test");
  without.receive("220 mx\r\n");
  CHECK(without.receive("250 mx\r\n") == "MAIL FROM:<a@sender.test>\r\n");
}

TEST_CASE("dialogue: what is no SMTP, has no end, or goes away ends it") {
  const Mail mail = mail_to({"b@rcpt.test"});
  ForwardDialogue nonsense(mail, "mx.test");
  CHECK(nonsense.receive("SSH-2.0\r\n").empty());
  CHECK(nonsense.has_ended());
  CHECK(nonsense.outcome().code == 0);
  CHECK(nonsense.outcome().reply == "the server's reply is not SMTP: SSH-2.0");
  ForwardDialogue endless(mail, "mx.test");
  for (int i = 0; i < 10'000 && !endless.has_ended(); ++i)
    endless.receive("220-and so on\r\n");
  CHECK(endless.has_ended());
  ForwardDialogue gone(mail, "mx.test");
  gone.receive("220 mx\r\n");
  gone.lost("the connection was closed");
  CHECK(gone.has_ended());
  CHECK_FALSE(gone.outcome().accepted());
  CHECK(gone.outcome().reply == "the connection was closed");
  CHECK(gone.receive("250 mx\r\n").empty());
}

TEST_CASE("dialogue: stuffing") {
  CHECK(stuffed("") == ".\r\n");
  CHECK(stuffed("a\r\n") == "a\r\n.\r\n");
  CHECK(stuffed("a") == "a\r\n.\r\n");
  CHECK(stuffed(".\r\n..\r\n") == "..\r\n...\r\n.\r\n");
}
