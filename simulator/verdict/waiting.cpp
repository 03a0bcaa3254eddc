// A message's place changes with each try: the new one is added, and the old one is passed over when it comes up.
#include "verdict/waiting.hpp"

#include <algorithm>

namespace tempfail::verdict {
namespace {

/// So many messages in other hands are passed over: who has more at once can't be told apart by this.
constexpr std::size_t max_passed_over = 64;

std::string by_recipient(std::string_view recipient) {
  return "to " + std::string(recipient);
}
/// No address has a line's end in it.
std::string by_both(std::string_view sender, std::string_view recipient) {
  return "from " + std::string(sender) + "\nto " + std::string(recipient);
}
std::string by_sender(std::string_view sender) {
  return "from " + std::string(sender);
}

} // namespace

WaitingMessages::WaitingMessages(std::vector<Message>& messages, IsElsewhere is_elsewhere)
    : messages_(messages), is_elsewhere_(std::move(is_elsewhere)), places_(messages.size()) {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    std::vector<Heap*>& places = places_[i];
    places = {&all_, &heaps_[by_sender(messages[i].sender)]};
    for (const Delivery& delivery : messages[i].deliveries) {
      places.push_back(&heaps_[by_recipient(delivery.recipient)]);
      places.push_back(&heaps_[by_both(messages[i].sender, delivery.recipient)]);
    }
    put(i);
  }
}

Message* WaitingMessages::for_recipient(std::string_view sender, std::string_view recipient) {
  Message* const own = first_called(by_both(sender, recipient));
  return own != nullptr ? own : first_called(by_recipient(recipient));
}

Message* WaitingMessages::of_sender(std::string_view sender) {
  return first_called(by_sender(sender));
}

Message* WaitingMessages::of_any() {
  return first(all_);
}

Message* WaitingMessages::for_connection() {
  Message* const message = first(known_);
  return message == nullptr || message->finished() ? nullptr : message;
}

void WaitingMessages::was_tried(const Message& message) {
  put(static_cast<std::size_t>(&message - messages_.data()));
}

WaitingMessages::Place WaitingMessages::place_of(std::size_t index) const {
  const Message& message = messages_[index];
  return {message.finished(), message.last_try().value_or(Moment::min()), index};
}

void WaitingMessages::drop_outdated(Heap& heap) const {
  while (!heap.empty() && heap.top() != place_of(heap.top().index))
    heap.pop();
}

Message* WaitingMessages::first(Heap& heap) {
  drop_outdated(heap);
  if (heap.empty()) return nullptr;
  Message* found = &messages_[heap.top().index];
  if (!is_elsewhere_ || heap.top().finished || !is_elsewhere_(*found)) return found;
  // Who is at hand, of those that are not finished either.
  std::vector<Place> passed_over;
  while (!heap.empty() && !heap.top().finished && passed_over.size() < max_passed_over) {
    Message& next = messages_[heap.top().index];
    if (!is_elsewhere_(next)) {
      found = &next;
      break;
    }
    passed_over.push_back(heap.top());
    heap.pop();
    drop_outdated(heap);
  }
  for (const Place& place : passed_over)
    heap.push(place);
  return found;
}

Message* WaitingMessages::first_called(const std::string& name) {
  const auto found = heaps_.find(name);
  return found == heaps_.end() ? nullptr : first(found->second);
}

void WaitingMessages::put(std::size_t index) {
  const Place place = place_of(index);
  for (Heap* const heap : places_[index])
    heap->push(place);
  const Message& message = messages_[index];
  if (message.handover == nullptr || !message.handover->offered || message.has_result ||
      message.last_try())
    known_.push(place);
}

} // namespace tempfail::verdict
