// What a journal says of the sender itself: what it declared, how its process ended, whether it queues.
#include "verdict/observation.hpp"
#include "verdict/words.hpp"

#include <algorithm>

namespace tempfail::verdict {
namespace {

using journal::event::Process;
using journal::event::ProcessEnd;

const Process& process_in(const journal::Event& event) {
  return std::get<Process>(event.body);
}

} // namespace

bool Case::is_without(std::string_view what) const {
  return run != nullptr && has_word(run->without, what);
}

const Process* Case::process_end(const Message& message) const {
  const Process* only = nullptr;
  std::size_t ends = 0;
  for (const journal::Event* event : processes) {
    const Process& process = process_in(*event);
    if (process.started) continue;
    if (message.handover != nullptr && has_word(process.handover, message.handover->id))
      return &process;
    only = &process;
    ++ends;
  }
  return ends == 1 && (message.handover == nullptr || only->handover.empty()) ? only : nullptr;
}

bool Case::caller_was_told(const Message& message) const {
  if (run != nullptr && run->role == "queueing")
    return false; // it has taken the message, whatever its status says
  const Process* const end = process_end(message);
  return end != nullptr && end->ended == ProcessEnd::itself && end->exit_code != 0 && !end->queue;
}

const journal::Event* Case::ended_by_us() const {
  for (const journal::Event* event : processes) {
    const Process& process = process_in(*event);
    if (!process.started && process.ended != ProcessEnd::itself) return event;
  }
  return nullptr;
}

bool Case::is_ours(Moment end) const {
  const journal::Event* const event = ended_by_us();
  return event != nullptr && end >= event->time - 5 * unevenness(*this);
}

bool Case::sender_is_gone() const {
  bool any_ended = false;
  std::size_t running = 0;
  for (const journal::Event* event : processes) {
    const Process& process = process_in(*event);
    if (process.queue || process.ended != ProcessEnd::itself) return false;
    any_ended = any_ended || !process.started;
    running += process.started ? 1 : 0;
    running -= !process.started && running > 0 ? 1 : 0;
  }
  return any_ended && running == 0;
}

Moment Case::sender_began() const {
  return processes.empty() ? port_opened.value_or(first) : processes.front()->time;
}

} // namespace tempfail::verdict
