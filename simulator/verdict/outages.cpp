// When the port could not be reached, and what that hides.
#include "verdict/observation.hpp"

#include <algorithm>

namespace tempfail::verdict {

void collect_outages(Case& observed, const journal::Journal& journal) {
  std::optional<Outage> open;
  const auto close = [&](Moment at) {
    if (open) open->end = at;
    if (open && open->end > open->begin) observed.outages.push_back(*open);
    open.reset();
  };
  for (const journal::Event& event : journal.events()) {
    if (event.scenario != observed.scenario->name) continue;
    const auto* listen = std::get_if<journal::event::Listen>(&event.body);
    if (listen == nullptr) continue;
    if (!observed.port_opened) observed.port_opened = event.time;
    if (open && open->answer == listen->answer) continue; // only tells what was dropped meanwhile
    close(event.time);
    if (listen->answer != scenario::ListenAnswer::accepted)
      open = Outage{listen->answer, event.time, event.time, &event};
  }
  close(observed.last);
}

bool Case::may_hide_tries(Moment from, Moment to) const {
  return std::any_of(outages.begin(), outages.end(),
                     [&](const Outage& outage) { return outage.begin < to && from < outage.end; });
}

bool Case::is_outage(Moment from, Moment to) const {
  for (const Outage& outage : outages)
    if (outage.begin <= from && from < outage.end) from = outage.end;
  return from >= to && !outages.empty();
}

bool Case::stays_down_after(Moment failure) const {
  constexpr auto longest_first_wait = std::chrono::hours(4); // "30 min to a few hours"
  return !outages.empty() && outages.back().end >= last &&
         outages.back().begin <= failure + longest_first_wait;
}

bool Case::sender_is_gone() const {
  bool any_ended = false;
  std::size_t running = 0;
  for (const journal::Event* event : processes) {
    const auto& process = std::get<journal::event::Sender>(event->body);
    if (process.queue || process.timed_out) return false;
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
