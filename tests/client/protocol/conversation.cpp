// The fluent conversation: events go in, expectations are checked at once.
#include "client/protocol/conversation.hpp"

#include "support/catch.hpp"

#include <utility>

namespace tempfail::client {
namespace {

std::string with_crlf(std::string_view lines) {
  std::string result;
  for (const char letter : lines) {
    result += letter == '\n' ? "\r\n" : std::string(1, letter);
  }
  return lines.empty() ? result : result + "\r\n";
}

} // namespace

SessionSettings plain_settings() {
  return {.helo_name = "client.test", .tls = TlsMode::never};
}

std::string describe(const Settlement& settlement) {
  std::string result = std::string(name(settlement.fate)) + ' ' +
                       std::string(name(settlement.failure)) + ' ' +
                       std::string(name(settlement.stage)) + ' ' + settlement.status.text() + ' ' +
                       std::to_string(settlement.code);
  return settlement.in_doubt ? result + " in-doubt" : result;
}

Conversation::Conversation(SessionSettings settings) : dialogue_(std::move(settings)) {}

Conversation& Conversation::after(Actions actions) {
  last_ = std::move(actions);
  return *this;
}

Conversation& Conversation::connected() {
  return after(dialogue_.start());
}
Conversation& Conversation::hears(std::string_view lines) {
  return hears_bytes(with_crlf(lines));
}
Conversation& Conversation::hears_bytes(std::string_view bytes) {
  return after(dialogue_.receive(bytes));
}
Conversation& Conversation::wrote() {
  return after(dialogue_.written());
}
Conversation& Conversation::shook_hands() {
  return after(dialogue_.handshake_done({.verified = true, .version = "TLSv1.3"}));
}
Conversation& Conversation::fails_handshake(std::string_view what) {
  return after(dialogue_.handshake_failed(what));
}
Conversation& Conversation::times_out() {
  return after(dialogue_.timed_out());
}
Conversation& Conversation::loses(Ending ending) {
  return after(dialogue_.closed(ending, ""));
}
Conversation& Conversation::quits() {
  return after(dialogue_.quit());
}

Conversation& Conversation::begins(const Message& message, std::vector<Recipient> recipients) {
  return after(dialogue_.begin(message, std::move(recipients)));
}

Conversation& Conversation::begins(std::string content, std::vector<std::string> recipients) {
  std::vector<Recipient> list;
  for (std::string& address : recipients) {
    list.push_back({.address = std::move(address)});
  }
  return begins({.sender = "a@client.test",
                 .content = std::make_shared<const std::string>(std::move(content))},
                std::move(list));
}

Conversation& Conversation::says(std::string_view lines) {
  std::string said;
  for (const Action& action : last_) {
    if (const auto* send = std::get_if<action::Send>(&action)) {
      said += send->bytes;
    }
  }
  CHECK(said == with_crlf(lines));
  return *this;
}

Conversation& Conversation::sends_content(std::string_view bytes) {
  const auto* content = find<action::SendContent>();
  REQUIRE(content != nullptr);
  CHECK(content->content->substr(content->offset, content->length) + content->trailer == bytes);
  return *this;
}

Conversation& Conversation::awaits(Stage stage, std::chrono::milliseconds time_out) {
  const action::Await* await = nullptr;
  for (const Action& action : last_) {
    if (const auto* each = std::get_if<action::Await>(&action)) {
      await = each;
    }
  }
  REQUIRE(await != nullptr);
  CHECK(name(await->stage) == name(stage));
  CHECK(await->time_out.count() == time_out.count());
  return *this;
}

Conversation& Conversation::starts_tls() {
  CHECK(find<action::Handshake>() != nullptr);
  return *this;
}

Conversation& Conversation::is_ready() {
  CHECK(find<action::Ready>() != nullptr);
  CHECK(dialogue_.ready());
  return *this;
}

Conversation& Conversation::commits(std::vector<std::size_t> recipients) {
  const auto* committing = find<action::Committing>();
  REQUIRE(committing != nullptr);
  CHECK(committing->recipients == recipients);
  return *this;
}

Conversation& Conversation::settles(std::size_t recipient, std::string_view judgement) {
  std::string found = "nothing";
  for (const Action& action : last_) {
    const auto* settled = std::get_if<action::Settled>(&action);
    if (settled != nullptr && settled->recipient == recipient) {
      found = describe(settled->settlement);
    }
  }
  CHECK(found == judgement);
  return *this;
}

Conversation& Conversation::settles_nobody() {
  CHECK(find<action::Settled>() == nullptr);
  return *this;
}

Conversation& Conversation::fails_session(std::string_view judgement) {
  const auto* failed = find<action::SessionFailed>();
  REQUIRE(failed != nullptr);
  CHECK(describe(failed->settlement) == judgement);
  return *this;
}

Conversation& Conversation::is_done(bool reusable) {
  const auto* done = find<action::TransactionDone>();
  REQUIRE(done != nullptr);
  CHECK(done->reusable == reusable);
  return *this;
}

Conversation& Conversation::closes(bool expected) {
  CHECK((find<action::Close>() != nullptr) == expected);
  CHECK(dialogue_.over() == expected);
  return *this;
}

Conversation& Conversation::is_over() {
  return closes(true);
}

Conversation& Conversation::greeted(std::string_view ehlo_reply) {
  return connected().hears("220 mx.test").says("EHLO client.test").hears(ehlo_reply).is_ready();
}

Conversation& Conversation::accepted(std::string_view content,
                                     std::vector<std::string> recipients) {
  begins(std::string(content), recipients).hears("250 ok");
  for (std::size_t index = 0; index < recipients.size(); ++index) {
    hears("250 ok");
  }
  return says("DATA").hears("354 go on").sends_content(std::string(content) + ".\r\n");
}

} // namespace tempfail::client
