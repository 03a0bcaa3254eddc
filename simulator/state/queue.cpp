// The queue switch.
#include "state/queue.hpp"

#include "state/window.hpp"

namespace tempfail::state {

bool is_stopped(const QueueSwitch& queue, const scenario::Queue& settings, Moment first_contact,
                Moment now) {
  if (queue.set_by_operator) return *queue.set_by_operator;
  if (queue.stopped_at && now - *queue.stopped_at < settings.stop_for) return true;
  return in_any_window(settings.stopped, now - first_contact);
}

QueueSwitch after_message(QueueSwitch queue, const scenario::Queue& settings, Moment now) {
  if (!settings.stop_after || ++queue.accepted < *settings.stop_after) return queue;
  queue.accepted = 0;
  queue.stopped_at = now;
  return queue;
}

} // namespace tempfail::state
