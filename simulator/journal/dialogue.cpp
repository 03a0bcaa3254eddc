// One overload for each event that people see in a dialogue; the others add nothing.
#include "journal/dialogue.hpp"

#include <array>
#include <string_view>

namespace tempfail::journal {
namespace {

using Lines = std::vector<DialogueLine>;

/// Each line of a reply by itself.
void add_reply(Lines& lines, Moment time, std::string_view reply) {
  while (!reply.empty()) {
    const std::size_t end = reply.find('\n');
    std::string_view line = reply.substr(0, end);
    reply.remove_prefix(end == std::string_view::npos ? reply.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back({time, Speaker::server, std::string(line)});
  }
}

void add(Lines& lines, const Event& event, const event::Connect& e) {
  std::string text = "connected from ";
  text.append(e.client).append(" to port ").append(std::to_string(e.server_port));
  if (e.implicit_tls) text += ", TLS from the first byte";
  lines.push_back({event.time, Speaker::note, std::move(text)});
}

void add(Lines& lines, const Event&, const event::Exchange& e) {
  if (!e.line.empty())
    lines.push_back({e.asked, Speaker::client, std::string(e.line)});
  else if (e.stage == scenario::Stage::message)
    lines.push_back({e.asked, Speaker::client, "."});
  if (!e.other_actions.empty())
    lines.push_back({e.answered.value_or(e.asked), Speaker::note,
                     "the scenario: " + with_commas(e.other_actions)});
  // What was held back is told by the event that answers it.
  if (!e.open) add_reply(lines, e.answered.value_or(e.asked), e.reply);
}

void add(Lines& lines, const Event& event, const event::Reply& e) {
  add_reply(lines, event.time, e.reply);
}

void add(Lines& lines, const Event& event, const event::Content& e) {
  std::string text = "content: " + std::to_string(e.size) + " bytes";
  if (!e.message_id.empty()) text.append(", Message-ID <").append(e.message_id).append(">");
  lines.push_back({event.time, Speaker::note, std::move(text)});
}

void add(Lines& lines, const Event& event, const event::Tls& e) {
  std::string text;
  if (e.ok) {
    text.append(e.version).append(" ").append(e.cipher);
  } else {
    text.append("TLS failed: ");
    text.append(e.problem.empty() ? std::string_view("the connection was lost") : e.problem);
  }
  lines.push_back({event.time, Speaker::note, std::move(text)});
}

void add(Lines& lines, const Event& event, const event::Reading& e) {
  lines.push_back({event.time, Speaker::note,
                   e.stopped ? "the server stops reading" : "the server reads again"});
}

void add(Lines& lines, const Event& event, const event::Disconnect& e) {
  constexpr std::array<std::string_view, 6> ways = {
      "closed after QUIT",
      "the client closed the connection",
      "the client reset the connection",
      "the server closed the connection",
      "the server was stopped",
      "the server closed the connection because its store was lost"};
  std::string text(e.reset ? std::string_view("the server reset the connection")
                           : ways[static_cast<std::size_t>(e.by)]);
  if (e.content_bytes != 0)
    text += " after " + std::to_string(e.content_bytes) + " bytes of content";
  if (!e.pending.empty()) lines.push_back({event.time, Speaker::client, std::string(e.pending)});
  lines.push_back({event.time, Speaker::note, std::move(text)});
}

template <typename Other>
void add(Lines&, const Event&, const Other&) {}

} // namespace

std::string with_commas(std::string_view words) {
  std::string text;
  for (const char c : words)
    text += c == ' ' ? std::string_view(", ") : std::string_view(&c, 1);
  return text;
}

std::vector<DialogueLine> dialogue_lines(const Event& event) {
  Lines lines;
  std::visit([&](const auto& body) { add(lines, event, body); }, event.body);
  return lines;
}

} // namespace tempfail::journal
