// An event that outlives the memory its views point into: what a session says now and is to be recorded later.
#pragma once

#include "journal/event.hpp"

#include <memory>

namespace tempfail::journal {

class OwnedEvent {
 public:
  /// Copies the event's texts. Only of events that a session records; they have no lists.
  explicit OwnedEvent(const Event& event);

  /// The event as it happens at `now`: an answer leaves at that moment.
  const Event& at(Moment now);
  Event& event() { return event_; }

 private:
  Event event_;
  std::unique_ptr<char[]> texts_;
};

} // namespace tempfail::journal
