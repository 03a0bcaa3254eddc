// Picks what people look at first: the beginning, and how it ended.
#include "verdict/case_summary.hpp"

#include "verdict/observation.hpp"
#include "verdict/route.hpp"
#include "verdict/wording.hpp"

#include <algorithm>
#include <iterator>

namespace tempfail::verdict {
namespace {

/// The first half and the last of a list that is too long; says how many are between them.
template <typename List>
std::size_t cut_middle(List& list, std::size_t most) {
  if (list.size() <= most) return 0;
  const std::size_t left_out = list.size() - most;
  const auto from = list.begin() + static_cast<std::ptrdiff_t>(most - most / 2);
  list.erase(from, from + static_cast<std::ptrdiff_t>(left_out));
  return left_out;
}

SummaryTry told(const Case& observed, const Try& attempt) {
  const Session& session = observed.sessions[attempt.session];
  return {attempt.begin,     attempt.end,
          session.number,    to_string(attempt.result),
          describe(attempt), std::string(session.host)};
}

/// When the first retry is to come, by the scenario.
std::optional<RetryWindow> window_of(const Case& observed, const Delivery& delivery) {
  const Try* failed = delivery.first_temporary_failure();
  if (failed == nullptr) return std::nullopt;
  for (const scenario::Expectation& expected : observed.scenario->expected(observed.tls_policy)) {
    if (expected.name != "first-retry") continue;
    const auto* range = std::get_if<scenario::Range<Duration>>(&expected.value);
    if (range == nullptr) continue;
    RetryWindow window{failed->end + range->min, std::nullopt};
    if (range->max) window.to = failed->end + *range->max;
    return window;
  }
  return std::nullopt;
}

DeliveryTimeline timeline_of(const Case& observed, const Delivery& delivery, std::size_t message,
                             const SummaryLimits& limits) {
  DeliveryTimeline timeline;
  timeline.recipient = delivery.recipient;
  timeline.message = message;
  timeline.next = window_of(observed, delivery);
  timeline.delivered = delivery.accepted_count() != 0;
  std::vector<const Try*> tries;
  for (const Try& attempt : delivery.tries)
    tries.push_back(&attempt);
  timeline.left_out = cut_middle(tries, limits.tries);
  for (const Try* attempt : tries)
    timeline.tries.push_back(told(observed, *attempt));
  return timeline;
}

ConnectionDialogue dialogue_of(const Session& session, const SummaryLimits& limits) {
  ConnectionDialogue connection;
  connection.session = session.number;
  connection.host = session.host;
  connection.client = session.client;
  for (const journal::Event* event : session.events) {
    std::vector<journal::DialogueLine> lines = journal::dialogue_lines(*event);
    std::move(lines.begin(), lines.end(), std::back_inserter(connection.lines));
    // Whoever talks on for ever needs no memory: the middle is not shown.
    if (connection.lines.size() > 4 * limits.lines)
      connection.left_out += cut_middle(connection.lines, 2 * limits.lines);
  }
  connection.left_out += cut_middle(connection.lines, limits.lines);
  for (journal::DialogueLine& line : connection.lines)
    if (line.text.size() > limits.text) line.text.replace(limits.text, std::string::npos, "…");
  return connection;
}

} // namespace

CaseSummary summarize(const Case& observed, const SummaryLimits& limits) {
  CaseSummary summary;
  summary.server = observed.scenario->summary;
  summary.description = observed.scenario->description;
  std::size_t number = 0;
  for (const Message& message : observed.messages) {
    ++number;
    for (const Delivery& delivery : message.deliveries) {
      ++summary.deliveries;
      summary.tries += delivery.tries.size();
      if (delivery.accepted_count() != 0) ++summary.delivered;
      if (summary.timelines.size() < limits.timelines)
        summary.timelines.push_back(timeline_of(observed, delivery, number, limits));
      else
        ++summary.timelines_left_out;
    }
  }
  if (number == 1)
    for (DeliveryTimeline& timeline : summary.timelines)
      timeline.message = 0;
  std::vector<const Session*> sessions;
  for (const Session& session : observed.sessions)
    sessions.push_back(&session);
  summary.dialogues_left_out = cut_middle(sessions, limits.dialogues);
  for (const Session* session : sessions)
    summary.dialogues.push_back(dialogue_of(*session, limits));
  summary.route = route_of(observed, limits.text);
  summary.route_left_out = cut_middle(summary.route, limits.steps);
  return summary;
}

} // namespace tempfail::verdict
