// When the port could not be reached, and what that hides.
#include "scenario/hosts.hpp"
#include "verdict/observation.hpp"

#include <algorithm>

namespace tempfail::verdict {
namespace {

/// Where one of several hosts answers all the time, the port of another hides no try: a right sender goes on to the
/// next.
bool one_is_always_open(const scenario::Scenario& scenario) {
  return std::any_of(scenario.hosts.begin(), scenario.hosts.end(), [&](const scenario::Host& host) {
    return !host.server.listen && scenario::takes_mail(scenario, host);
  });
}

} // namespace

void collect_outages(Case& observed, const journal::Journal& journal) {
  if (one_is_always_open(*observed.scenario)) return;
  std::optional<Outage> open;
  const auto close = [&](Moment at) {
    if (open) open->end = at;
    if (open && open->end > open->begin) observed.outages.push_back(*open);
    open.reset();
  };
  for (const journal::Event& event : journal.events()) {
    const auto* listen = std::get_if<journal::event::Listen>(&event.body);
    if (listen == nullptr || journal.scenario_of(event) != observed.scenario->name) continue;
    if (!observed.port_opened) observed.port_opened = event.time;
    if (open) open->attempts += listen->refused + listen->unanswered;
    if (open) open->nobody_was_refused = listen->counted && open->attempts == 0;
    if (open && open->answer == listen->answer) continue; // only tells what was dropped meanwhile
    close(event.time);
    if (listen->answer != scenario::ListenAnswer::accepted)
      open = Outage{listen->answer, event.time, event.time, &event, listen->counted, 0};
  }
  close(observed.last);
}

Duration unanswered_look_up_time(const Case& observed) {
  constexpr std::chrono::seconds longest(60); // of resolvers as they come: 5 to 35
  const bool any = std::any_of(
      observed.queries.begin(), observed.queries.end(), [](const journal::Event* event) {
        return !std::get<journal::event::Query>(event->body).answered.has_value();
      });
  if (!any) return Duration::zero();
  return observed.in_protocol_time(longest);
}

bool Case::may_hide_tries(Moment from, Moment to) const {
  return std::any_of(outages.begin(), outages.end(), [&](const Outage& outage) {
    return outage.begin < to && from < outage.end && !outage.was_not_met();
  });
}

bool Case::is_outage(Moment from, Moment to) const {
  for (const Outage& outage : outages)
    if (outage.begin <= from && from < outage.end) from = outage.end;
  return from >= to && !outages.empty();
}

bool Case::outage_lasts_after(Moment failure) const {
  constexpr auto longest_first_wait = std::chrono::hours(4); // "30 min to a few hours"
  return !outages.empty() && outages.back().end >= last && !outages.back().was_not_met() &&
         outages.back().begin <= failure + longest_first_wait;
}

} // namespace tempfail::verdict
