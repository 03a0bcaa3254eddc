// Texts of an event, moved into memory of its own.
#include "journal/owned_event.hpp"

#include <cassert>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace tempfail::journal {
namespace {

// Calls visit(text) for each text of what a session records.
template <typename Visit>
void each_text(event::Exchange& e, Visit&& visit) {
  visit(e.line);
  visit(e.verb);
  if (e.address) visit(*e.address);
  visit(e.envelope_id);
  visit(e.reply);
  visit(e.did);
}
template <typename Visit>
void each_text(event::Reply& e, Visit&& visit) {
  visit(e.reply);
  visit(e.recipient);
}
template <typename Visit>
void each_text(event::Disconnect& e, Visit&& visit) {
  visit(e.pending);
}
template <typename Visit>
void each_text(event::Note& e, Visit&& visit) {
  visit(e.text);
}
template <typename Event, typename Visit>
void each_text(Event&, Visit&&) {
  static_assert(std::is_trivially_copyable_v<Event>);
}

template <typename Visit>
void each_text(Event& event, Visit&& visit) {
  visit(event.node);
  std::visit([&visit](auto& body) { each_text(body, visit); }, event.body);
}

} // namespace

OwnedEvent::OwnedEvent(const Event& event) : event_(event) {
  std::size_t size = 0;
  each_text(event_, [&size](std::string_view& text) { size += text.size(); });
  if (size == 0) return;
  texts_ = std::make_unique_for_overwrite<char[]>(size);
  char* at = texts_.get();
  each_text(event_, [&at](std::string_view& text) {
    std::memcpy(at, text.data(), text.size());
    text = {at, text.size()};
    at += text.size();
  });
}

const Event& OwnedEvent::at(Moment now) {
  event_.time = now;
  auto* const exchange = std::get_if<event::Exchange>(&event_.body);
  if (exchange != nullptr && exchange->answered) exchange->answered = now;
  return event_;
}

} // namespace tempfail::journal
