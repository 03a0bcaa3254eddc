// How long the sender waits for a server that has gone silent.
#include "verdict/holding.hpp"
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

namespace tempfail::verdict {
namespace {

using journal::event::EndedBy;
using scenario::Level;
using scenario::Stage;

/// RFC 5321 section 4.5.3.2: the least a client waits at a stage; nothing: the RFC names no figure.
std::optional<Duration> least_wait(Stage stage) {
  using std::chrono::minutes;
  switch (stage) {
  case Stage::connect:
  case Stage::greeting: return minutes(5);
  case Stage::mail:
  case Stage::rcpt: return minutes(5);
  case Stage::data: return minutes(2);
  case Stage::content: return minutes(3);
  case Stage::message: return minutes(10);
  default: return std::nullopt;
  }
}

/// How a silence of the server ended.
enum class Ended : std::uint8_t {
  hung_up,  ///< the client had enough
  answered, ///< the server went on, and the client was still there
  watched,  ///< the watch was over first
};
constexpr std::string_view to_string(Ended how) {
  constexpr std::array<std::string_view, 3> names = {
      "hung up after ", "was there when an answer came after ", "was still waiting after "};
  return names[static_cast<std::size_t>(how)];
}

/// A silence of the server, and how long the client bore it.
struct Silence {
  const journal::Event* began = nullptr;
  Stage stage{};
  Duration waited{};
  Ended how{};
};

/// The next thing the client does after an event; null: nothing but going away.
const journal::Event* next_of_client(const Session& session, std::size_t after) {
  for (std::size_t i = after + 1; i < session.events.size(); ++i) {
    const journal::Event* event = session.events[i];
    const auto* exchange = as_exchange(event);
    if ((exchange != nullptr && !exchange->line.empty()) ||
        std::holds_alternative<journal::event::Content>(event->body))
      return event;
  }
  return nullptr;
}

/// How the silence that begins with an event went on to the end of the session; nothing: the server
/// ended it before its own wait was over.
std::optional<Silence> last_silence(const Case& observed, const Session& session, Silence silence,
                                    std::optional<Duration> released) {
  const auto* ended = session.ended();
  if (ended != nullptr && ended->by == EndedBy::server) {
    // What the server ends behind a wait it ends when the wait is over, and the client was there.
    if (!released || session.disconnect->time - silence.began->time < *released)
      return std::nullopt;
    silence.waited = *released;
    silence.how = Ended::answered;
    return silence;
  }
  silence.waited = session.end.value_or(observed.last) - silence.began->time;
  const bool left = ended != nullptr && ended->by != EndedBy::server_stop;
  silence.how = left ? Ended::hung_up : Ended::watched;
  if (released && silence.waited >= *released) {
    silence.waited = *released;
    silence.how = Ended::answered;
  }
  return silence;
}

std::vector<Silence> silences_of(const Case& observed, const Session& session) {
  std::vector<Silence> silences;
  bool any_exchange = false;
  for (std::size_t i = 0; i < session.events.size(); ++i) {
    const journal::Event* event = session.events[i];
    const auto* exchange = as_exchange(event);
    if (exchange == nullptr) continue;
    // A greeting that is held back is journaled when it is sent.
    if (!any_exchange && (did(*exchange, "delay") || did(*exchange, "stall")) &&
        event->time - session.begin >= std::chrono::seconds(1))
      silences.push_back(
          {session.events.front(), Stage::greeting, event->time - session.begin, Ended::answered});
    any_exchange = true;
    const Holding held = holding_of(observed, *exchange);
    if (!held.any() || exchange->stage == Stage::quit) continue;
    const auto released =
        held.endless ? std::nullopt : std::optional(held.least + held.not_reading);
    const Silence silence{event, exchange->stage, {}, {}};
    if (const journal::Event* next = next_of_client(session, i)) {
      if (released && next->time - event->time >= *released)
        silences.push_back({event, exchange->stage, *released, Ended::answered});
    } else if (const auto last = last_silence(observed, session, silence, released)) {
      silences.push_back(*last);
    }
  }
  if (!any_exchange) {
    const Silence silence{session.events.front(), Stage::greeting, {}, {}};
    if (const auto last = last_silence(observed, session, silence, std::nullopt))
      silences.push_back(*last);
  }
  return silences;
}

std::string at_stage(Stage stage) {
  return " at stage " + std::string(scenario::to_string(stage));
}

/// What is asked of the client at a stage: the scenario's figure, else the RFC's.
std::optional<scenario::Range<Duration>> asked(const scenario::Expectation* expectation,
                                               Stage stage) {
  if (expectation != nullptr) return std::get<scenario::Range<Duration>>(expectation->value);
  const auto least = least_wait(stage);
  if (!least) return std::nullopt;
  return scenario::Range<Duration>{*least, std::nullopt};
}

Check waits(const Case& observed, const scenario::Expectation* expectation) {
  Failures failures;
  Check passed;
  std::string expected;
  for (const Session& session : observed.sessions)
    for (const Silence& silence : silences_of(observed, session)) {
      auto range = asked(expectation, silence.stage);
      if (!range) continue;
      if (expected.empty()) expected = spoken(*range) + at_stage(silence.stage);
      range->min = std::max(range->min - unevenness(observed), Duration::zero());
      // Who was answered earlier, or watched for less, may have waited long enough.
      if (silence.how != Ended::hung_up && silence.waited < range->min) continue;
      if (silence.how == Ended::answered) range->max.reset();
      std::vector<Evidence> shown = {evidence(*silence.began)};
      if (silence.how == Ended::hung_up) shown.push_back(evidence(*session.disconnect));
      const std::string said =
          std::string(to_string(silence.how)) + spoken(silence.waited) + at_stage(silence.stage);
      const std::string off = distance(silence.waited, *range, "too early", "too long");
      if (off.empty())
        passed = Check::pass(said, std::move(shown));
      else
        failures.add(said, off, std::move(shown));
    }
  if (!failures.empty()) return failures.check().expecting(expected);
  if (passed.outcome == Outcome::not_applicable && expectation != nullptr)
    return Check::fail("the client was not seen to wait long enough to tell").expecting(expected);
  return passed.expecting(expected);
}

constexpr std::array rules_of_this_file = {
    Rule{{"waits",
          "A silent server is waited for as long as the RFC says: greeting, MAIL and RCPT 5 "
          "minutes, DATA 2, each block of the content 3, its end 10.",
          "RFC 5321 section 4.5.3.2", Keyword::should, Level::should, true},
         waits},
};

} // namespace

std::span<const Rule> patience_rules() {
  return rules_of_this_file;
}

} // namespace tempfail::verdict
