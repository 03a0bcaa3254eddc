// An event that outlives the memory its views point into: what a session says now and is to be recorded later.
#pragma once

#include "journal/event.hpp"

#include <memory>
#include <vector>

namespace tempfail::journal {

class OwnedEvent {
 public:
  /// Copies the event's texts, and the reports of a content. Only of events that a session records.
  explicit OwnedEvent(const Event& event);

  /// The event as it happens at `now`: an answer leaves at that moment.
  const Event& at(Moment now);
  Event& event() { return event_; }

 private:
  Event event_;
  std::vector<event::RecipientReport> reports_;
  std::unique_ptr<char[]> texts_;
};

} // namespace tempfail::journal
