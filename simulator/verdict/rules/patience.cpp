// How long the sender waits for a server that has gone silent.
#include "verdict/holding.hpp"
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>
#include <chrono>

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

/// A silence of the server, and how long the client bore it.
struct Silence {
  const journal::Event* began = nullptr;
  Stage stage{};
  Moment since{};
  Duration waited{};
  bool hung_up = false; ///< the client ended it; else it was still waiting when the watch ended
};

/// The stage at which nothing more came, and since when.
std::optional<Silence> silence_of(const Case& observed, const Session& session) {
  const journal::Event* last = nullptr;
  for (const journal::Event* event : session.events)
    if (as_exchange(event) != nullptr) last = event;
  const auto* exchange = as_exchange(last);
  // A greeting that is held back is not journaled before it is sent.
  Silence silence{session.events.front(), Stage::greeting, session.begin, {}, false};
  Holding held{{}, {}, true};
  if (exchange != nullptr) {
    held = holding_of(observed, *exchange);
    silence.stage = exchange->stage;
    silence.began = last;
    if (exchange->stage != Stage::greeting && exchange->stage != Stage::connect)
      silence.since = last->time;
  }
  const Duration since_last =
      session.end.value_or(observed.last) - (last ? last->time : session.begin);
  const bool still_held = held.endless || since_last < held.least;
  if (!still_held || silence.stage == Stage::quit) return std::nullopt;
  const auto* ended = session.ended();
  if (ended != nullptr && ended->by == EndedBy::server) return std::nullopt;
  silence.hung_up = ended != nullptr && ended->by != EndedBy::server_stop;
  silence.waited = session.end.value_or(observed.last) - silence.since;
  return silence;
}

std::string at_stage(Stage stage) {
  return " at stage " + std::string(scenario::to_string(stage));
}

Check waits(const Case& observed, const scenario::Expectation* expectation) {
  Failures failures;
  Check passed;
  std::string expected;
  for (const Session& session : observed.sessions) {
    const auto silence = silence_of(observed, session);
    if (!silence) continue;
    scenario::Range<Duration> range;
    if (expectation != nullptr) {
      range = std::get<scenario::Range<Duration>>(expectation->value);
    } else if (const auto least = least_wait(silence->stage)) {
      range.min = *least;
    } else {
      continue;
    }
    if (expected.empty()) expected = spoken(range) + at_stage(silence->stage);
    range.min = std::max(range.min - unevenness(observed), Duration::zero());
    std::vector<Evidence> shown = {evidence(*silence->began)};
    if (silence->hung_up) shown.push_back(evidence(*session.disconnect));
    const std::string waited = spoken(silence->waited) + at_stage(silence->stage);
    if (!silence->hung_up && silence->waited < range.min)
      continue; // the watch was too short to tell
    if (range.contains(silence->waited)) {
      passed = Check::pass(
          (silence->hung_up ? "hung up after " : "was still waiting after ") + waited, shown);
    } else {
      failures.add((silence->hung_up ? "hung up after " : "was still waiting after ") + waited,
                   distance(silence->waited, range, "too early", "too long"), shown);
    }
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
          "RFC 5321 section 4.5.3.2", Level::should, true},
         waits},
};

} // namespace

std::span<const Rule> patience_rules() {
  return rules_of_this_file;
}

} // namespace tempfail::verdict
