// When the sender tries again: first retry, back-off, jitter, schedule.
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace tempfail::verdict {
namespace {

using scenario::Level;

/// The times between a failure and the next try.
std::vector<Duration> intervals_of(const Delivery& delivery) {
  const auto counted = delivery.counted_tries();
  std::vector<Duration> intervals;
  for (std::size_t i = 1; i < counted.size(); ++i) {
    const Try& before = delivery.last_step(*counted[i - 1]);
    if (before.was_over_before(*counted[i])) // else there is none: they were made in parallel
      intervals.push_back(counted[i]->begin - before.end);
  }
  return intervals;
}

std::string list(const std::vector<Duration>& intervals) {
  constexpr std::size_t shown = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(intervals.size(), shown); ++i)
    text += (text.empty() ? "" : ", ") + in_words(intervals[i]);
  if (intervals.size() > shown)
    text += " and " + std::to_string(intervals.size() - shown) + " more";
  return text.empty() ? "none" : text;
}

std::vector<Evidence> all_tries(const Case& observed, const Delivery& delivery) {
  std::vector<Evidence> shown;
  for (const Try* attempt : delivery.counted_tries())
    shown.push_back(evidence(observed, *attempt));
  return shown;
}

/// Tries between these, or before them, may not have been seen: their intervals are not known.
bool has_hidden_tries(const Case& observed, const Delivery& delivery) {
  return !delivery.tries.empty() &&
         observed.may_hide_tries(observed.sender_began(), delivery.tries.back().begin);
}

Check hidden_by_outage(const std::string& expected) {
  return Check::not_applicable(
             "the port did not answer at times, so some tries may have gone unseen")
      .expecting(expected);
}

/// The time between a failure and the next try. A client that hung up by itself knew of it before the server
/// saw that: what this may make out is no breach.
Duration interval_of(const Try& failed, const Try& next, Duration least) {
  const Duration interval = next.begin - failed.end;
  return interval < least ? std::min(interval + failed.known_earlier, least) : interval;
}

/// Fewer tries than the rule needs. Where nothing was left to try, or the caller was told, or tempfail ended the
/// sender, that is no fault of the sender's.
class TooFew {
 public:
  explicit TooFew(const Case& observed) : observed_(observed) {}

  /// False: it is a fault.
  bool excuses(const Message& message, const Delivery& delivery) {
    if (delivery.finished() || delivery.ended_by_a_further_step() ||
        observed_.caller_was_told(message)) {
      unmet_ = true;
      return true;
    }
    if (observed_.end_of_observation() == nullptr) return false;
    open_ = "the sender made " + tries(delivery.counted_tries().size()) + " for " +
            name_of(delivery) + " before " + std::string(observed_.end_of_observation_text()) +
            " after " + in_words(observed_.end_of_observation()->time - observed_.sender_began());
    return true;
  }
  /// What is to be said where nothing was broken; nothing: there were tries enough.
  std::optional<Check> check() const {
    if (!open_.empty()) return Check::undecided(open_);
    if (unmet_) return Check::not_applicable("nothing required this many tries");
    return std::nullopt;
  }

 private:
  const Case& observed_;
  std::string open_;
  bool unmet_ = false;
};

Check first_retry(const Case& observed, const scenario::Expectation* expectation) {
  const auto& range = std::get<scenario::Range<Duration>>(expectation->value);
  const std::string expected = "the first retry comes " + in_words(range) + " after the failure";
  Failures failures;
  std::string passed;
  bool hidden = !observed.outages.empty() && observed.sessions.empty();
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    const Try* first = delivery.first_temporary_failure();
    if (first == nullptr || observed.may_hide_tries(observed.sender_began(), first->begin)) {
      hidden = hidden || !observed.outages.empty(); // the first failure was not seen
      return;
    }
    const Try* next = delivery.next(*first);
    if (next == nullptr && delivery.ended_by_a_further_step()) {
      passed = "the sender fell back to clear text, or used another host or connection, so no "
               "retry was needed";
      return;
    }
    if (next == nullptr && !observed.sender_has_ended() &&
        observed.outage_lasts_after(first->end)) {
      hidden = true;
      return;
    }
    if (next == nullptr) return; // the rule `retry` speaks of that
    const Duration interval = interval_of(delivery.last_step(*first), *next, range.min);
    if (interval >= range.min && observed.may_hide_tries(first->end, next->begin)) {
      hidden = true; // the first retry came then, or earlier
    } else if (range.contains(interval)) {
      if (passed.empty())
        passed = "the first retry came " + in_words(interval) + " after the failure";
    } else {
      failures.add(message, delivery,
                   "the first retry for " + name_of(delivery) + " came " + in_words(interval) +
                       " after " + failure_of(*first),
                   distance_from_range(interval, range),
                   {evidence(observed, *first), evidence(observed, *next)});
    }
  });
  if (!failures.empty()) return failures.check().expecting(expected);
  if (passed.empty() && hidden) return hidden_by_outage(expected);
  if (passed.empty())
    return Check::not_applicable("nothing failed temporarily").expecting(expected);
  return Check::pass(passed).expecting(expected);
}

/// RFC 5321 section 4.5.4.1 asks for so much between two tries, and not for more each time.
constexpr Duration asked_interval = std::chrono::minutes(30);

/// Growth: the last interval is well over the first, and none is less than half of the one before it.
/// Between these, jitter and queue runs may do what they like. A sender that always waits as long as the RFC asks need
/// not wait longer each time.
Check back_off(const Case& observed, const scenario::Expectation*) {
  const std::string expected =
      "the sender makes three tries or more, at growing intervals or at least 30 minutes apart";
  Failures failures;
  TooFew few(observed);
  std::string passed;
  bool hidden = false;
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    hidden = hidden || has_hidden_tries(observed, delivery);
    if (hidden) return;
    const auto intervals = intervals_of(delivery);
    if (intervals.size() < 2) {
      if (few.excuses(message, delivery)) return;
      failures.add(message, delivery,
                   "the sender made only " + tries(delivery.counted_tries().size()) + " for " +
                       name_of(delivery),
                   {}, all_tries(observed, delivery));
      return;
    }
    bool shrinks = false;
    for (std::size_t i = 1; i < intervals.size(); ++i)
      shrinks = shrinks || intervals[i] < intervals[i - 1] / 2;
    const bool grows = intervals.back() * 5 >= intervals.front() * 6;
    const bool is_slow = *std::ranges::min_element(intervals) >= asked_interval;
    if (!is_slow && (shrinks || !grows)) {
      const Duration lacking = intervals.front() * 6 / 5 - intervals.back();
      failures.add(message, delivery,
                   "the intervals between the tries for " + name_of(delivery) + " were " +
                       list(intervals),
                   shrinks ? "one is less than half of the one before it"
                           : "the last one is " + in_words(lacking) + " too short",
                   all_tries(observed, delivery));
    } else if (passed.empty()) {
      passed = "the intervals between the tries were " + list(intervals);
    }
  });
  if (!failures.empty()) return failures.check().expecting(expected);
  if (hidden) return hidden_by_outage(expected);
  if (auto excused = few.check();
      excused && (passed.empty() || excused->outcome == Outcome::undecided))
    return excused->expecting(expected);
  if (passed.empty()) return Check::not_applicable("no try was seen").expecting(expected);
  return Check::pass(passed).expecting(expected);
}

/// The most values that lie within `width` of each other.
std::size_t largest_crowd(std::vector<Duration> values, Duration width) {
  std::sort(values.begin(), values.end());
  std::size_t largest = 0;
  for (std::size_t first = 0, last = 0; last < values.size(); ++last) {
    while (values[last] - values[first] > width)
      ++first;
    largest = std::max(largest, last - first + 1);
  }
  return largest;
}

/// Compares first intervals of different messages with each other. Two or three may be alike by chance, and one
/// may be off by a pause of the machine; all but one alike is no chance.
Check jitter(const Case& observed, const scenario::Expectation*) {
  std::vector<Duration> intervals;
  std::vector<Evidence> shown;
  for (const Message& message : observed.messages)
    for (const Delivery& delivery : message.deliveries) {
      if (has_hidden_tries(observed, delivery)) return hidden_by_outage("the intervals differ");
      const auto own = intervals_of(delivery);
      if (own.empty()) continue;
      intervals.push_back(own.front());
      shown.push_back(evidence(observed, *delivery.counted_tries()[1]));
      break; // recipients of one message travel together
    }
  constexpr std::size_t enough = 6;
  if (intervals.size() < enough) {
    const std::string actual = std::to_string(intervals.size()) +
                               " messages were retried, but at least " + std::to_string(enough) +
                               " are needed to show this";
    return (observed.end_of_observation() == nullptr ? Check::not_applicable(actual)
                                                     : Check::undecided(actual))
        .expecting("the intervals differ");
  }
  const auto [least, most] = std::minmax_element(intervals.begin(), intervals.end());
  Duration sum{};
  for (const Duration interval : intervals)
    sum += interval;
  const Duration mean = sum / static_cast<std::int64_t>(intervals.size());
  const Duration wanted = std::max(mean / 100, machine_tolerance(observed));
  const std::size_t alike = largest_crowd(intervals, wanted);
  const std::string expected =
      "at least two intervals differ by more than " + in_words(wanted) + " from all others";
  const std::string actual = "the first intervals of " + std::to_string(intervals.size()) +
                             " messages were " + in_words(*least) + " to " + in_words(*most);
  if (alike + 1 < intervals.size()) return Check::pass(actual, shown).expecting(expected);
  return Check::fail(actual, shown)
      .expecting(expected)
      .with_near_miss(std::to_string(alike) + " of them too close together");
}

/// A figure of a schedule is kept from a quarter before it to half as much again after it.
scenario::Range<Duration> tolerated(Duration figure) {
  return {figure * 3 / 4, figure * 3 / 2};
}

Check schedule(const Case& observed, const scenario::Expectation* expectation) {
  const auto& figures = std::get<std::vector<Duration>>(expectation->value);
  const std::string expected =
      "the intervals are " + list(figures) + " (each may be a quarter less or a half more)";
  Failures failures;
  TooFew few(observed);
  std::string passed;
  bool hidden = false;
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    hidden = hidden || has_hidden_tries(observed, delivery);
    if (hidden) return;
    const auto intervals = intervals_of(delivery);
    for (std::size_t i = 0; i < std::min(intervals.size(), figures.size()); ++i) {
      const auto range = tolerated(figures[i]);
      if (range.contains(intervals[i])) continue;
      failures.add(message, delivery,
                   "interval " + std::to_string(i + 1) + " between the tries for " +
                       name_of(delivery) + " is " + in_words(intervals[i]) + " instead of " +
                       in_words(figures[i]),
                   distance_from_range(intervals[i], range), all_tries(observed, delivery));
      return;
    }
    const bool complete = delivery.finished() || intervals.size() >= figures.size();
    if (intervals.empty() || !complete) {
      if (few.excuses(message, delivery)) return;
      failures.add(message, delivery,
                   "the sender made only " + tries(delivery.counted_tries().size()) + " for " +
                       name_of(delivery) +
                       (intervals.empty() ? "" : ", with the intervals " + list(intervals)),
                   {}, all_tries(observed, delivery));
    } else if (passed.empty()) {
      passed = "the intervals between the tries were " + list(intervals);
    }
  });
  if (!failures.empty()) return failures.check().expecting(expected);
  if (hidden) return hidden_by_outage(expected);
  if (auto excused = few.check();
      excused && (passed.empty() || excused->outcome == Outcome::undecided))
    return excused->expecting(expected);
  if (passed.empty()) return Check::not_applicable("no try was seen").expecting(expected);
  return Check::pass(passed).expecting(expected);
}

constexpr std::array timing_table = {
    Rule{{"first-retry", "The first retry is neither too early nor too late.",
          "RFC 5321 section 4.5.4.1", Keyword::should, Level::should, false},
         first_retry},
    Rule{{"back-off", "The intervals between tries grow, unless each is at least 30 minutes.",
          "bulk sender guides of large receivers; RFC 5321 section 4.5.4.1 favours it",
          Keyword::practice, Level::should, false,
          "the guides ask for growing pauses, and slow down or block senders that keep the same "
          "pace"},
         back_off},
    Rule{{"jitter", "Messages that failed together are not all retried at the same moment.",
          "guides to retries, such as \"Timeouts, retries, and backoff with jitter\" (Amazon "
          "Builders' Library)",
          Keyword::practice, Level::should, false,
          "a server that refused because of its load is overloaded again when all senders retry at "
          "once"},
         jitter},
    Rule{{"schedule", "The intervals between tries are those of the schedule.",
          "bounce guides, for a queue that was stopped (4.3.2)", Keyword::practice, Level::should,
          false, "the guides name the intervals: retry after 1, 4, 12 and 24 hours"},
         schedule},
};

} // namespace

std::span<const Rule> timing_rules() {
  return timing_table;
}

} // namespace tempfail::verdict
