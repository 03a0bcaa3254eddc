// How long the sender waits for a server that has gone silent.
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
  watched,  ///< tempfail ended it, or the journal ends
};

/// A silence of the server, and how long the client bore it.
struct Silence {
  const journal::Event* began = nullptr;
  Stage stage{};
  Duration waited{};
  Ended how{};
};

/// How a silence that nothing answered came to its end; nothing: the server ended the connection instead.
Silence to_the_end(const Case& observed, const Session& session, Silence silence, Moment since) {
  const auto* ended = session.ended();
  silence.waited = session.end.value_or(observed.last) - since;
  silence.how = Ended::watched;
  if (ended == nullptr || is_end_by_neither_side(ended->by)) return silence;
  silence.how = ended->by == EndedBy::server ? Ended::answered : Ended::hung_up;
  if (silence.how == Ended::hung_up && observed.may_be_ended_by_tempfail(*session.end))
    silence.how = Ended::watched;
  return silence;
}

/// Follows the server's silences in one session: what was asked and not answered at once, and the times in which
/// nothing of the client's was read.
std::vector<Silence> silences_of(const Case& observed, const Session& session) {
  std::vector<Silence> silences;
  const journal::Event* not_reading = nullptr;
  bool any_exchange = false;
  bool sends_content = false; ///< and so notices when nothing is read
  for (const journal::Event* event : session.events) {
    if (const auto* reading = std::get_if<journal::event::Reading>(&event->body)) {
      if (not_reading != nullptr && !reading->stopped)
        silences.push_back(
            {not_reading, Stage::content, event->time - not_reading->time, Ended::answered});
      not_reading = reading->stopped ? event : nullptr;
    }
    const auto* exchange = as_exchange(event);
    if (exchange == nullptr) continue;
    any_exchange = true;
    if (exchange->stage == Stage::data) sends_content = exchange->code == 354;
    if (exchange->stage == Stage::message) sends_content = false;
    const Silence silence{event, exchange->stage, {}, {}};
    if (exchange->answered)
      silences.push_back(
          {event, exchange->stage, *exchange->answered - exchange->asked, Ended::answered});
    else if (exchange->open)
      silences.push_back(to_the_end(observed, session, silence, exchange->asked));
  }
  if (not_reading != nullptr && sends_content)
    silences.push_back(
        to_the_end(observed, session, {not_reading, Stage::content, {}, {}}, not_reading->time));
  if (!any_exchange)
    silences.push_back(to_the_end(
        observed, session, {session.events.front(), Stage::greeting, {}, {}}, session.begin));
  std::erase_if(silences, [](const Silence& it) { return it.waited < std::chrono::seconds(1); });
  return silences;
}

/// "5m for the reply to MAIL"
std::string wait_in_words(const std::string& duration, Stage stage) {
  const std::string text = duration + " for ";
  switch (stage) {
  case Stage::connect:
  case Stage::greeting: return text + "the greeting";
  case Stage::handshake: return text + std::string(in_words(stage));
  case Stage::content: return text + "the server to read the content";
  default: return text + "the reply to " + std::string(in_words(stage));
  }
}

/// "the client waited 30s for the greeting, and then closed the connection"
std::string described(const Silence& silence) {
  constexpr std::array<std::string_view, 3> ends = {"then closed the connection",
                                                    "was still connected then", "had not given up"};
  return "the client waited " + wait_in_words(in_words(silence.waited), silence.stage) + ", and " +
         std::string(ends[static_cast<std::size_t>(silence.how)]);
}

/// What is asked of the client at a stage: the scenario's figure, else the RFC's.
std::optional<scenario::Range<Duration>> asked(const scenario::Expectation* expectation,
                                               Stage stage) {
  if (expectation != nullptr) return std::get<scenario::Range<Duration>>(expectation->value);
  const auto least = least_wait(stage);
  if (!least) return std::nullopt;
  return scenario::Range<Duration>{*least, std::nullopt};
}

/// A client that never hangs up: a right one has given up after a day (less the time that it needs to come to the
/// silence) if its time-outs pass as protocol time, or else after so much real time.
constexpr Duration longest_wait = std::chrono::hours(23);
constexpr Duration longest_real_wait = std::chrono::minutes(10);

Check gives_up_waiting(const Case& observed, const scenario::Expectation*) {
  Check check;
  Failures failures;
  const bool scaled = observed.has_scaled_timeouts();
  for (const Session& session : observed.sessions)
    for (const Silence& silence : silences_of(observed, session)) {
      const std::string said = described(silence);
      if (silence.how == Ended::hung_up) {
        if (check.outcome == Outcome::not_applicable)
          check = Check::pass(said, {evidence(*silence.began), evidence(*session.disconnect)});
      }
      if (silence.how != Ended::watched) continue;
      const auto real = Duration(static_cast<std::int64_t>(
          static_cast<double>(silence.waited.count()) / observed.time_scale));
      if (silence.waited >= longest_wait && (scaled || real >= longest_real_wait))
        failures.add(said, {}, {evidence(*silence.began)});
      else
        check = Check::undecided(
            said + " when tempfail ended it: a correct sender may wait for minutes "
                   "of real time, so try a smaller --time-scale",
            {evidence(*silence.began)});
    }
  return failures.empty() ? check : failures.check();
}

Check waits(const Case& observed, const scenario::Expectation* expectation) {
  Failures failures;
  Check passed;
  std::string expected;
  for (const Session& session : observed.sessions)
    for (const Silence& silence : silences_of(observed, session)) {
      auto range = asked(expectation, silence.stage);
      if (!range || silence.stage == Stage::quit) continue;
      if (expected.empty())
        expected = "the client waits " + wait_in_words(in_words(*range), silence.stage);
      range->min = std::max(range->min - timing_tolerance(observed), Duration::zero());
      // Who was answered earlier, or watched for less, may have waited long enough.
      if (silence.how != Ended::hung_up && silence.waited < range->min) continue;
      if (silence.how == Ended::answered) range->max.reset();
      std::vector<Evidence> shown = {evidence(*silence.began)};
      if (silence.how == Ended::hung_up) shown.push_back(evidence(*session.disconnect));
      const std::string said = described(silence);
      const std::string off = distance_from_range(silence.waited, *range, "too early", "too long");
      if (off.empty())
        passed = Check::pass(said, std::move(shown));
      else
        failures.add(said, off, std::move(shown));
    }
  if (!failures.empty()) return failures.check().expecting(expected);
  if (passed.outcome == Outcome::not_applicable && expectation != nullptr)
    return Check::not_applicable("the client did not wait long enough to show its timeout")
        .expecting(expected);
  return passed.expecting(expected);
}

/// A program that computes has reasons; one that has used so much, and so great a part of its time, goes round
/// in circles where it should wait. A busy machine gives it no more than a part.
constexpr Duration much_processor_time = std::chrono::seconds(10);
constexpr double great_part = 1.0 / 3;

/// The event with which this process began; null: it is not in the journal.
const journal::Event* began(const Case& observed, const journal::event::Process& ended) {
  for (const journal::Event* event : observed.processes) {
    const auto& process = std::get<journal::event::Process>(event->body);
    if (process.started && process.handover == ended.handover) return event;
  }
  return nullptr;
}

Check rests(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  Check check;
  for (const journal::Event* event : observed.processes) {
    const auto& process = std::get<journal::event::Process>(event->body);
    const journal::Event* const start = began(observed, process);
    const auto used = Duration(static_cast<std::int64_t>(process.user_us + process.system_us));
    if (start == nullptr || used == Duration::zero()) continue;
    const auto lasted = Duration(static_cast<std::int64_t>(
        static_cast<double>((event->time - start->time).count()) / observed.time_scale));
    const std::string said = "the command used the processor for " + in_words(used) + " of the " +
                             in_words(lasted) + " (real time) that it ran";
    const bool spins =
        used >= much_processor_time &&
        static_cast<double>(used.count()) >= static_cast<double>(lasted.count()) * great_part;
    if (spins)
      failures.add(said, {}, {evidence(*event)});
    else if (check.outcome == Outcome::not_applicable)
      check = Check::pass(said);
  }
  return failures.empty() ? check : failures.check();
}

/// When the reply to a command came, of which the client had to wait for; nothing: it never did.
std::optional<Moment> answered_at(const Session& session,
                                  const journal::event::Exchange& exchange) {
  if (exchange.answered) return exchange.answered;
  for (const journal::Event* event : session.events) {
    const auto* reply = std::get_if<journal::event::Reply>(&event->body);
    if (reply != nullptr && reply->exchange == exchange.number) return event->time;
  }
  return std::nullopt;
}

/// What goes on with a dialogue; RSET and NOOP end nothing and begin nothing, and QUIT is how to leave.
bool goes_on(const journal::event::Exchange& exchange) {
  return !exchange.line.empty() && exchange.stage != Stage::rset && exchange.stage != Stage::noop &&
         exchange.stage != Stage::quit;
}

/// A command that came long after another one, and before the other's reply. One that comes in the same moment belongs
/// to a group (RFC 2920).
const journal::Event* next_out_of_step(const Session& session, const journal::Event& held) {
  constexpr Duration group = std::chrono::minutes(1);
  const auto& exchange = *as_exchange(&held);
  const std::optional<Moment> answered = answered_at(session, exchange);
  for (const journal::Event* event : session.events) {
    const auto* later = as_exchange(event);
    if (later != nullptr && goes_on(*later) && later->asked > exchange.asked + group &&
        (!answered || later->asked < *answered))
      return event;
  }
  return nullptr;
}

Check replies_in_step(const Case& observed, const scenario::Expectation*) {
  const std::string expected = "the client sends no further command while a reply is missing";
  Failures failures;
  std::size_t held = 0;
  for (const Session& session : observed.sessions)
    for (const journal::Event* event : session.events) {
      const auto* exchange = as_exchange(event);
      if (exchange == nullptr || !exchange->open) continue;
      ++held;
      if (const journal::Event* const next = next_out_of_step(session, *event)) {
        failures.add("the client sent another command " +
                         in_words(as_exchange(next)->asked - exchange->asked) + " after " +
                         std::string(in_words(exchange->stage)) +
                         ", while the reply to that was still missing",
                     {}, {evidence(*event), evidence(*next)});
        break;
      }
    }
  if (!failures.empty()) return failures.check().expecting(expected);
  if (held == 0) return Check::not_applicable("no reply was late").expecting(expected);
  return Check::pass("the client sent no command before the reply to the previous one")
      .expecting(expected);
}

constexpr std::array patience_table = {
    Rule{{"waits",
          "The client waits for a silent server as long as the RFC says: 5 minutes for the "
          "greeting, MAIL and RCPT, 2 for DATA, 3 for each block of the content, 10 for its end.",
          "RFC 5321 section 4.5.3.2", Keyword::should, Level::should, true},
         waits},
    Rule{{"time-out", "The client has a timeout for a silent server, also at QUIT.",
          "RFC 5321 section 4.5.3.2", Keyword::must, Level::must, true},
         gives_up_waiting},
    Rule{{"rests", "A waiting sender does not keep the processor busy.",
          "practice: no standard mentions it", Keyword::practice, Level::should, true,
          "a program that polls in a loop instead of waiting slows down everything else on the "
          "machine"},
         rests},
    Rule{{"replies-in-step",
          "After the client stops waiting for a reply, it closes the connection: the late reply "
          "could be taken for the next one.",
          "RFC 5321 section 4.3.1", Keyword::must, Level::must, false},
         replies_in_step},
};

} // namespace

std::span<const Rule> patience_rules() {
  return patience_table;
}

} // namespace tempfail::verdict
