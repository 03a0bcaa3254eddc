// Joins what happened at the name server, at the ports and on the connections.
#include "verdict/route.hpp"

#include "verdict/observation.hpp"
#include "verdict/wording.hpp"

#include <algorithm>

namespace tempfail::verdict {
namespace {

RouteStep step_of(const journal::Event& event) {
  const auto& query = std::get<journal::event::Query>(event.body);
  return {query.asked, StepKind::query, 0, {}, describe(event)};
}

RouteStep step_of(const UnansweredAttempts& attempts) {
  const auto& listen = std::get<journal::event::Listen>(attempts.event->body);
  // They are counted until the port's answer changes.
  const Moment first = listen.refused != 0 ? listen.refused_first : attempts.event->time;
  return {first, StepKind::port, 0, std::string(attempts.host), describe(*attempts.event)};
}

/// What came of a connection, each outcome once: a message for three recipients has the same for each of them.
class Outcomes {
 public:
  explicit Outcomes(std::size_t sessions) : texts_(sessions) {}

  void add(std::size_t session, const std::string& text) {
    std::string& all = texts_[session];
    if (all.empty())
      all = text;
    else if (all.find(text) == std::string::npos)
      all += "; " + text;
  }
  const std::string& of(std::size_t session) const { return texts_[session]; }

 private:
  std::vector<std::string> texts_;
};

Outcomes outcomes_of(const Case& observed) {
  Outcomes outcomes(observed.sessions.size());
  for (const Message& message : observed.messages)
    for (const Delivery& delivery : message.deliveries)
      for (const Try& attempt : delivery.tries)
        outcomes.add(attempt.session, describe(attempt));
  for (const Transaction* notification : observed.notifications)
    outcomes.add(notification->session, "a notification");
  return outcomes;
}

} // namespace

std::vector<RouteStep> route_of(const Case& observed, std::size_t max_text) {
  std::vector<RouteStep> steps;
  if (observed.queries.empty() && observed.scenario->hosts.empty()) return steps;
  for (const journal::Event* query : observed.queries)
    steps.push_back(step_of(*query));
  for (const UnansweredAttempts& attempts : observed.unanswered)
    steps.push_back(step_of(attempts));
  const Outcomes outcomes = outcomes_of(observed);
  for (std::size_t i = 0; i < observed.sessions.size(); ++i) {
    const Session& session = observed.sessions[i];
    const std::string& text = outcomes.of(i);
    steps.push_back({session.begin, StepKind::connection, session.number, std::string(session.host),
                     text.empty() ? "no mail was sent" : text});
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const RouteStep& a, const RouteStep& b) { return a.time < b.time; });
  for (RouteStep& step : steps)
    if (step.text.size() > max_text) step.text.replace(max_text, std::string::npos, "…");
  return steps;
}

} // namespace tempfail::verdict
