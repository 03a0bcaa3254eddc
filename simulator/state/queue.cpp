// The queue switch.
#include "state/queue.hpp"

#include "state/window.hpp"

namespace tempfail::state {

bool Queue::stopped(Moment first_contact, Moment now) const {
  if (by_hand_) return *by_hand_;
  if (stopped_at_ && now - *stopped_at_ < settings_.stop_for) return true;
  return in_any_window(settings_.stopped, now - first_contact);
}

void Queue::accepted(Moment now) {
  if (!settings_.stop_after || ++accepted_ < *settings_.stop_after) return;
  accepted_ = 0;
  stopped_at_ = now;
}

} // namespace tempfail::state
