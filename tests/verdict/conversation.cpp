// Writes journals for tests.
#include "conversation.hpp"

#include <chrono>
#include <cstdlib>

namespace tempfail::verdict::test {

using scenario::Stage;

void Conversation::add(std::uint64_t session, journal::Body body) {
  journal::Event event;
  event.time = now_;
  event.session = session;
  event.scenario = scenario_;
  event.body = body;
  events_.emplace(now_, event);
  now_ += std::chrono::milliseconds(10);
}

Conversation& Conversation::session(std::uint64_t number, Moment at, std::string_view greeting) {
  now_ = at;
  session_ = number;
  add(number, journal::event::Connect{"127.0.0.1", 40000, 2525, false});
  return exchange(Stage::greeting, {}, greeting);
}

Conversation& Conversation::resume(std::uint64_t number, Moment at) {
  now_ = at;
  session_ = number;
  return *this;
}

Conversation& Conversation::exchange(Stage stage, std::string_view line, std::string_view reply,
                                     std::string_view did, int rule) {
  journal::event::Exchange exchange;
  exchange.stage = stage;
  exchange.line = keep(std::string(line));
  exchange.reply = reply.empty() ? std::string_view{} : keep(std::string(reply) + "\r\n");
  exchange.code = reply.empty() ? 0 : std::atoi(std::string(reply.substr(0, 3)).c_str());
  exchange.did = keep(std::string(did));
  exchange.rule = rule;
  add(session_, exchange);
  return *this;
}

Conversation& Conversation::ehlo(std::string_view reply) {
  return exchange(Stage::ehlo, "EHLO client.test", reply);
}
Conversation& Conversation::mail(std::string_view reply, std::string sender,
                                 std::string parameters) {
  return exchange(Stage::mail, "MAIL FROM:<" + sender + ">" + parameters, reply);
}
Conversation& Conversation::rcpt(std::string_view reply, std::string recipient) {
  return exchange(Stage::rcpt, "RCPT TO:<" + recipient + ">", reply);
}
Conversation& Conversation::data(std::string_view reply) {
  return exchange(Stage::data, "DATA", reply);
}

Conversation& Conversation::content(std::string_view message_id, std::uint64_t hash) {
  journal::event::Content content;
  content.message_id = keep(std::string(message_id));
  content.hash = hash;
  content.size = 500;
  add(session_, content);
  return *this;
}

Conversation& Conversation::message(std::string_view reply, std::string_view did, int rule) {
  exchange(Stage::message, ".", reply, did, rule);
  if (reply.front() == '2') add(session_, journal::event::Accepted{1});
  return *this;
}

Conversation& Conversation::silence(std::string_view did, bool accepted) {
  exchange(Stage::message, ".", {}, did, 7);
  if (accepted) add(session_, journal::event::Accepted{1});
  return *this;
}

Conversation& Conversation::tls(bool ok) {
  journal::event::Tls tls;
  tls.ok = ok;
  add(session_, tls);
  return *this;
}

Conversation& Conversation::quit() {
  exchange(Stage::quit, "QUIT", "221 Bye");
  return end(journal::event::EndedBy::client_quit, Stage::quit);
}

Conversation& Conversation::end(journal::event::EndedBy by, Stage stage) {
  add(session_, journal::event::Disconnect{by, stage, 0, {}});
  return *this;
}

Conversation& Conversation::sender_started() {
  add(0, journal::event::Sender{true, 0, false, "mailer", false});
  return *this;
}
Conversation& Conversation::sender_ended(int exit_code, bool queue) {
  add(0, journal::event::Sender{false, exit_code, false, {}, queue});
  return *this;
}

Conversation& Conversation::sender_timed_out() {
  add(0, journal::event::Sender{false, 128 + 15, true, {}, false});
  return *this;
}

Conversation& Conversation::port(scenario::ListenAnswer answer, Moment at) {
  now_ = at;
  add(0, journal::event::Listen{answer, 0});
  return *this;
}

Conversation& Conversation::finish(Moment at) {
  now_ = at;
  add(0, journal::event::Note{"the watch is over"});
  return *this;
}

Conversation& Conversation::wait(Duration duration) {
  now_ += duration;
  return *this;
}

Conversation& Conversation::deliver(std::string_view message_id) {
  return mail().rcpt().data().content(message_id).message().quit();
}
Conversation& Conversation::refused() {
  return mail("452 4.3.1 Full").quit();
}

std::string Conversation::text() const {
  std::string out;
  for (const auto& [when, event] : events_)
    journal::encode(event, out);
  return out;
}

} // namespace tempfail::verdict::test
