// The words are the judge's: what it shows as evidence.
#include "cli/event_lines.hpp"

#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "verdict/wording.hpp"

#include <variant>

namespace tempfail::cli {
namespace {

namespace event = journal::event;

/// How much an event says to somebody who watches.
enum class Interest : std::uint8_t { always, with_all, never };

Interest interest_of(const journal::Body& body) {
  return std::visit(
      []<typename Kind>(const Kind&) {
        if constexpr (std::is_same_v<Kind, event::Run> || std::is_same_v<Kind, event::Server> ||
                      std::is_same_v<Kind, event::Closed> || std::is_same_v<Kind, event::End>)
          return Interest::never;
        else if constexpr (std::is_same_v<Kind, event::Content> ||
                           std::is_same_v<Kind, event::Tls> ||
                           std::is_same_v<Kind, event::Reading> ||
                           std::is_same_v<Kind, event::Sending>)
          return Interest::with_all;
        else
          return Interest::always;
      },
      body);
}

Style style_of(const journal::Body& body) {
  if (std::holds_alternative<event::Accepted>(body)) return Style::green;
  if (const auto* exchange = std::get_if<event::Exchange>(&body))
    return exchange->code >= 500   ? Style::red
           : exchange->code >= 400 ? Style::yellow
                                   : Style::plain;
  return Style::plain;
}

} // namespace

EventLines::EventLines(journal::Recorder& next, StandardStream& out, bool all)
    : next_(next), out_(out), all_(all) {}

void EventLines::record(const journal::Event& event) {
  next_.record(event);
  if (const auto* server = std::get_if<event::Server>(&event.body))
    scenarios_[event.server] = server->scenario;
  const Interest interest = interest_of(event.body);
  if (interest == Interest::always || (interest == Interest::with_all && all_)) add(event);
}

void EventLines::add(const journal::Event& event) {
  const auto now = std::chrono::steady_clock::now();
  if (now - second_ >= std::chrono::seconds(1)) {
    if (left_out_ != 0)
      lines_ += out_.styled(Style::dim, "(" + counted(left_out_, "event") + " not shown)") + '\n';
    second_ = now;
    in_second_ = left_out_ = 0;
  }
  if (++in_second_ > max_in_a_second) {
    ++left_out_;
    return;
  }
  const verdict::Evidence shown = verdict::evidence(event);
  const auto scenario = scenarios_.find(event.server);
  std::string where = scenario == scenarios_.end() ? std::string() : scenario->second;
  if (event.session != 0) where += " #" + std::to_string(event.session);
  const std::string time = verdict::in_words(event.time);
  lines_ += out_.styled(Style::dim, padded(time, 9)) + " " + out_.styled(Style::cyan, where) +
            (where.empty() ? "" : "  ") + out_.styled(style_of(event.body), shown.text) + '\n';
}

void EventLines::flush() {
  next_.flush();
  if (!lines_.empty()) out_.write(std::exchange(lines_, {}));
}

} // namespace tempfail::cli
