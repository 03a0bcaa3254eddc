// How the judge speaks.
#include "verdict/wording.hpp"

#include "journal/dialogue.hpp"
#include "journal/words.hpp"

#include <algorithm>
#include <array>

namespace tempfail::verdict {
namespace {

std::string description(const journal::event::Run&) {
  return "run";
}
std::string description(const journal::event::Connect& e) {
  return "connection from " + std::string(e.client);
}
std::string description(const journal::event::Exchange& e) {
  std::string text = e.line.empty() ? std::string(in_words(e.stage)) : std::string(e.line);
  text += " -> ";
  text += e.reply.empty() ? "no reply" : first_line(e.reply);
  if (const Duration held = e.answered.value_or(e.asked) - e.asked; held >= std::chrono::seconds(1))
    text += " after " + in_words(held);
  if (!e.other_actions.empty())
    text += " (the scenario: " + journal::with_commas(e.other_actions) + ")";
  return text;
}
std::string description(const journal::event::Content& e) {
  return "content of " + std::to_string(e.size) + " bytes" +
         (e.message_id.empty() ? std::string() : ", Message-ID " + std::string(e.message_id));
}
std::string description(const journal::event::Accepted&) {
  return "message accepted";
}
std::string description(const journal::event::Tls& e) {
  if (e.ok) return "TLS handshake: " + std::string(e.version);
  return "TLS handshake failed: " + std::string(e.problem.empty() ? "connection lost" : e.problem);
}
/// Where the dialogue stood when the connection ended; goes after who ended it.
std::string when_ended(scenario::Stage stage) {
  using scenario::Stage;
  switch (stage) {
  case Stage::connect: return " before the greeting";
  case Stage::greeting: return " at the greeting";
  case Stage::handshake: return " during the TLS handshake";
  case Stage::content: return " during the content";
  case Stage::idle: return " between two commands";
  default: return " after " + std::string(in_words(stage));
  }
}
std::string description(const journal::event::Disconnect& e) {
  constexpr std::array<std::string_view, 6> ways = {
      "client sent QUIT",
      "client closed the connection",
      "client reset the connection",
      "server ended the connection",
      "server was stopped",
      "server ended the connection because its store was lost"};
  std::string text(ways[static_cast<std::size_t>(e.by)]);
  if (e.by != journal::event::EndedBy::client_quit) text += when_ended(e.stage);
  if (e.content_bytes != 0)
    text += "; " + std::to_string(e.content_bytes) + " bytes of content had arrived";
  return text;
}
std::string description(const journal::event::Process& e) {
  if (e.started) return "sender started: " + std::string(e.command);
  switch (e.ended) {
  case journal::event::ProcessEnd::itself: break;
  case journal::event::ProcessEnd::watch:
    return "tempfail ended the sender at the end of the watch time";
  case journal::event::ProcessEnd::timeout: return "tempfail ended the sender after its --timeout";
  case journal::event::ProcessEnd::interrupt:
    return "tempfail ended the sender because the run was interrupted";
  }
  return "sender ended with exit status " + std::to_string(e.exit_code);
}
std::string description(const journal::event::Server& e) {
  return "server of " + std::string(e.scenario);
}
std::string description(const journal::event::Reply& e) {
  return "later reply: " + first_line(e.reply);
}
std::string description(const journal::event::Reading& e) {
  return e.stopped ? "the server stops reading" : "the server reads again";
}
std::string description(const journal::event::Sending& e) {
  return e.unsent == 0 ? "the client has read all replies"
                       : "the client has stopped reading: it has not read the last " +
                             std::to_string(e.unsent) + " bytes of the replies";
}
std::string description(const journal::event::Handover& e) {
  return "message " + std::string(e.id) + " handed over for " +
         std::to_string(e.recipients.size()) +
         (e.recipients.size() == 1 ? " recipient" : " recipients");
}
std::string description(const journal::event::Result& e) {
  if (!e.problem.empty()) return std::string(e.problem);
  return "sender reports: " + std::string(e.result);
}
std::string description(const journal::event::Query& e) {
  std::string text = std::string(e.type) + " of " + std::string(e.name);
  if (e.transport == scenario::Transport::tcp) text += " over TCP";
  text += ": ";
  text += e.answer;
  if (e.truncated) text += ", truncated";
  if (!e.records.empty()) text += ", " + std::string(e.records);
  if (!e.other_faults.empty())
    text += " (the scenario: " + journal::with_commas(e.other_faults) + ")";
  return text;
}
std::string description(const journal::event::JournalMark& e) {
  return "mark " + std::string(e.label);
}
std::string description(const journal::event::StateReset&) {
  return "the server's state was reset";
}
std::string description(const journal::event::Advance& e) {
  return "the clock was moved by " + in_words(e.by);
}
std::string description(const journal::event::Closed&) {
  return "the server was closed";
}
std::string description(const journal::event::Note& e) {
  return std::string(e.text);
}
std::string description(const journal::event::Store& e) {
  switch (e.missing) {
  case journal::event::Missing::nothing: break;
  case journal::event::Missing::some: return "events before this one are missing";
  case journal::event::Missing::rest: return "the server died";
  case journal::event::Missing::after_end:
    return "the server was stopped, while clients still connected to others";
  }
  if (e.lost) return "the store was lost: " + std::string(e.reason);
  return e.restarted ? "the store was found again, restarted" : "the store was found again";
}
std::string description(const journal::event::Listen& e) {
  constexpr std::array<std::string_view, 5> texts = {
      "the port accepts connections", "the port refuses connections", "the port does not answer",
      "the host can't be reached", "the network can't be reached"};
  std::string text(texts[static_cast<std::size_t>(e.answer)]);
  if (e.unanswered != 0) text += "; unanswered attempts: " + std::to_string(e.unanswered);
  if (e.refused != 0) text += "; refused attempts: " + std::to_string(e.refused);
  return text;
}
std::string description(const journal::event::Forwarded& e) {
  const std::string what = e.to == "sender"         ? "sent back to the sender's server: "
                           : e.to == "notification" ? "notification of the sender: "
                                                    : "forwarded to the next host: ";
  return what + first_line(e.reply);
}
std::string description(const journal::event::QueueEmpty&) {
  return "the sender's queue is empty";
}
std::string description(const journal::event::Continued&) {
  return "end of this part of the journal";
}
std::string description(const journal::event::End&) {
  return "end of the journal";
}

} // namespace

std::string in_words(Duration duration) {
  struct Unit {
    std::string_view name;
    std::int64_t microseconds;
  };
  constexpr std::array<Unit, 6> units = {{{"d", 86'400'000'000},
                                          {"h", 3'600'000'000},
                                          {"m", 60'000'000},
                                          {"s", 1'000'000},
                                          {"ms", 1'000},
                                          {"us", 1}}};
  std::int64_t rest = duration.count();
  std::string text = rest < 0 ? "-" : "";
  rest = rest < 0 ? -rest : rest;
  constexpr std::int64_t millisecond = 1'000;
  constexpr std::int64_t second = 1'000'000;
  // Nobody needs more than two figures' worth of a unit that is small beside the other.
  if (rest >= 10 * second)
    rest = (rest + second / 2) / second * second;
  else if (rest >= millisecond)
    rest = (rest + millisecond / 2) / millisecond * millisecond;
  std::size_t first = units.size();
  for (std::size_t i = 0; i < units.size(); ++i) {
    const std::int64_t amount = rest / units[i].microseconds;
    if (amount == 0) continue;
    if (first == units.size()) first = i;
    if (i > first + 1) break;
    text += std::to_string(amount);
    text += units[i].name;
    rest -= amount * units[i].microseconds;
  }
  return first == units.size() ? "0s" : text;
}

std::string in_words(const scenario::Range<Duration>& range) {
  if (!range.max) return "at least " + in_words(range.min);
  if (*range.max == range.min) return in_words(range.min);
  if (range.min == Duration::zero()) return "at most " + in_words(*range.max);
  return in_words(range.min) + " to " + in_words(*range.max);
}

std::string in_words(scenario::ListenAnswer answer) {
  if (answer == scenario::ListenAnswer::silence) return "not answered";
  return scenario::is_router_answer(answer) ? "rejected by a router" : "refused";
}

std::string_view in_words(scenario::Stage stage) {
  constexpr std::array<std::string_view, scenario::stage_count> words = {"the connection",
                                                                         "the connection",
                                                                         "EHLO",
                                                                         "STARTTLS",
                                                                         "the TLS handshake",
                                                                         "AUTH",
                                                                         "MAIL",
                                                                         "RCPT",
                                                                         "DATA",
                                                                         "the content",
                                                                         "the end of the content",
                                                                         "RSET",
                                                                         "NOOP",
                                                                         "VRFY",
                                                                         "QUIT",
                                                                         "an unknown command",
                                                                         "no command"};
  return words[static_cast<std::size_t>(stage)];
}

std::string times(std::size_t count) {
  if (count == 0) return "never";
  return count == 1 ? "once" : std::to_string(count) + " times";
}

std::string tries(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " try" : " tries");
}

std::string name_of(const Delivery& delivery) {
  return delivery.recipient.empty() ? "the message" : delivery.recipient;
}

std::string message_for(const Delivery& delivery) {
  return delivery.recipient.empty() ? "the message" : "the message for " + delivery.recipient;
}

std::string first_line(std::string_view reply) {
  return std::string(reply.substr(0, reply.find_first_of("\r\n")));
}

std::string describe(const journal::Event& event) {
  return std::visit([](const auto& body) { return description(body); }, event.body);
}

Evidence evidence(const journal::Event& event) {
  return evidence(event, describe(event));
}
Evidence evidence(const journal::Event& event, std::string text) {
  const auto* exchange = as_exchange(&event);
  const Moment time =
      exchange == nullptr ? event.time : exchange->answered.value_or(exchange->asked);
  return {time, event.session, std::move(text)};
}

std::string describe(const Try& attempt) {
  std::string text = attempt.event == nullptr ? "nothing was seen" : describe(*attempt.event);
  if (attempt.reply_lost) text += "; accepted, but the reply did not reach the sender";
  return text;
}

std::string failure_of(const Try& attempt) {
  using scenario::Stage;
  const bool at_greeting = attempt.stage == Stage::connect || attempt.stage == Stage::greeting;
  const std::string reply_to = "reply to " + std::string(in_words(attempt.stage));
  if (attempt.reply_lost) return "the lost " + reply_to;
  if (attempt.code != 0) {
    const std::string code = std::to_string(attempt.code);
    if (at_greeting) return "the greeting with " + code;
    if (attempt.stage == Stage::idle) return "the " + code + " on the idle connection";
    return "the " + code + " to " + std::string(in_words(attempt.stage));
  }
  if (attempt.stage == Stage::handshake) return "the failed TLS handshake";
  const auto* exchange = as_exchange(attempt.event);
  const bool waited_for_a_reply = exchange != nullptr && exchange->reply.empty() && !at_greeting &&
                                  attempt.stage != Stage::content;
  return waited_for_a_reply ? "the missing " + reply_to : "the lost connection";
}

Evidence evidence(const Case& observed, const Try& attempt) {
  return {attempt.end, observed.sessions[attempt.session].number, describe(attempt)};
}

} // namespace tempfail::verdict
