// Picks what people look at first: the beginning, and how it ended.
#include "verdict/story.hpp"

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

StoryTry told(const Case& observed, const Try& attempt) {
  const Session& session = observed.sessions[attempt.session];
  return {attempt.begin,     attempt.end,
          session.number,    to_string(attempt.result),
          describe(attempt), std::string(session.host)};
}

/// When the first retry is to come, by the scenario.
std::optional<StoryWindow> window_of(const Case& observed, const Delivery& delivery) {
  const Try* failed = delivery.first_temporary();
  if (failed == nullptr) return std::nullopt;
  for (const scenario::Expectation& expected : observed.scenario->expected(observed.tls_policy)) {
    if (expected.name != "first-retry") continue;
    const auto* range = std::get_if<scenario::Range<Duration>>(&expected.value);
    if (range == nullptr) continue;
    StoryWindow window{failed->end + range->min, std::nullopt};
    if (range->max) window.to = failed->end + *range->max;
    return window;
  }
  return std::nullopt;
}

StoryTrack track_of(const Case& observed, const Delivery& delivery, std::size_t message,
                    const StoryLimits& limits) {
  StoryTrack track;
  track.recipient = delivery.recipient;
  track.message = message;
  track.next = window_of(observed, delivery);
  track.delivered = delivery.accepted_count() != 0;
  std::vector<const Try*> tries;
  for (const Try& attempt : delivery.tries)
    tries.push_back(&attempt);
  track.left_out = cut_middle(tries, limits.tries);
  for (const Try* attempt : tries)
    track.tries.push_back(told(observed, *attempt));
  return track;
}

StoryTalk talk_of(const Session& session, const StoryLimits& limits) {
  StoryTalk talk;
  talk.session = session.number;
  talk.host = session.host;
  talk.client = session.client;
  for (const journal::Event* event : session.events) {
    std::vector<journal::DialogueLine> lines = journal::dialogue_lines(*event);
    std::move(lines.begin(), lines.end(), std::back_inserter(talk.lines));
    // Whoever talks on for ever needs no memory: the middle is not shown.
    if (talk.lines.size() > 4 * limits.lines)
      talk.left_out += cut_middle(talk.lines, 2 * limits.lines);
  }
  talk.left_out += cut_middle(talk.lines, limits.lines);
  for (journal::DialogueLine& line : talk.lines)
    if (line.text.size() > limits.text) line.text.replace(limits.text, std::string::npos, "…");
  return talk;
}

} // namespace

Story tell(const Case& observed, const StoryLimits& limits) {
  Story story;
  story.server = observed.scenario->summary;
  story.description = observed.scenario->description;
  std::size_t number = 0;
  for (const Message& message : observed.messages) {
    ++number;
    for (const Delivery& delivery : message.deliveries) {
      ++story.deliveries;
      story.tries += delivery.tries.size();
      if (delivery.accepted_count() != 0) ++story.delivered;
      if (story.tracks.size() < limits.tracks)
        story.tracks.push_back(track_of(observed, delivery, number, limits));
      else
        ++story.tracks_left_out;
    }
  }
  if (number == 1)
    for (StoryTrack& track : story.tracks)
      track.message = 0;
  std::vector<const Session*> sessions;
  for (const Session& session : observed.sessions)
    sessions.push_back(&session);
  story.talks_left_out = cut_middle(sessions, limits.talks);
  for (const Session* session : sessions)
    story.talks.push_back(talk_of(*session, limits));
  story.route = route_of(observed, limits.text);
  story.route_left_out = cut_middle(story.route, limits.steps);
  return story;
}

} // namespace tempfail::verdict
