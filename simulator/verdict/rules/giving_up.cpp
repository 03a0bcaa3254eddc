// When a sender gives a message up: at the end of its queue lifetime, and not before.
#include "verdict/rules/giving_up.hpp"

#include "base/ascii.hpp"
#include "verdict/notifications.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>

namespace tempfail::verdict {
namespace {

/// When the last try of a message is due that can't be delivered.
struct GiveUp {
  scenario::Range<Duration> range; ///< after the first try
  Duration pause{};                ///< the longest between two tries
  bool known = false; ///< the scenario or the sender says when; else there is no upper bound
};

/// The longest time between two tries; zero: there was one try.
Duration longest_pause_between(const std::vector<const Try*>& counted) {
  Duration longest{};
  for (std::size_t i = 1; i < counted.size(); ++i)
    longest = std::max(longest, counted[i]->begin - counted[i - 1]->begin);
  return longest;
}

/// A sender that says after how long it gives up is held to that, give or take a pause: it looks at a message's
/// age when the message is due.
GiveUp give_up_of(const Case& observed, const std::vector<const Try*>& counted,
                  const scenario::Range<Duration>& range) {
  constexpr Duration least_pause = std::chrono::hours(1);
  GiveUp due{range, std::max(least_pause, longest_pause_between(counted)), range.max.has_value()};
  const Duration lifetime = observed.queue_lifetime();
  if (range.max || lifetime == Duration::zero()) return due;
  due.known = true;
  due.range = {std::max(lifetime - due.pause, Duration::zero()), lifetime + due.pause};
  return due;
}

/// When each address was told something last: the begin of the last notification that was accepted for it.
std::map<std::string_view, Moment> last_told(const Case& observed) {
  std::map<std::string_view, Moment> told;
  for (const Transaction* one : observed.notifications)
    if (one->accepted != nullptr)
      for (const RecipientReply& to : one->recipients) {
        Moment& last = told.try_emplace(to.address, one->begin).first->second;
        last = std::max(last, one->begin);
      }
  return told;
}

/// When each address was told that something failed: by the first report that says so, else by the last text for
/// people, because those before it may have been of a delay.
std::map<std::string_view, Moment> told_of_failure(const Case& observed) {
  std::map<std::string_view, Moment> by_report;
  std::map<std::string_view, Moment> told;
  for (const Transaction* one : observed.notifications) {
    if (one->accepted == nullptr || one->facts() == nullptr) continue;
    const auto& reports = one->facts()->reports;
    const bool of_failure = std::any_of(reports.begin(), reports.end(), [](const auto& report) {
      return base::lower(report.action) == "failed";
    });
    for (const RecipientReply& to : one->recipients) {
      if (of_failure) by_report.try_emplace(to.address, one->begin);
      if (reports.empty()) told[to.address] = one->begin;
    }
  }
  for (const auto& [address, at] : by_report)
    told[address] = at;
  return told;
}

/// When the message's sender was told, at whichever of its addresses; nothing: it was not.
std::optional<Moment> told_at(const std::map<std::string_view, Moment>& told,
                              const Message& message) {
  for (const std::string_view path : return_paths(message))
    if (const auto found = told.find(path); found != told.end()) return found->second;
  return std::nullopt;
}

/// Nothing more is to come: the sender has ended or said so, or has been silent for twice its longest pause.
bool is_over(const Case& observed, const std::map<std::string_view, Moment>& told,
             const Message& message, const Try& last, const GiveUp& due) {
  const std::optional<Moment> told_then = told_at(told, message);
  const bool said_so = told_then && *told_then >= last.end;
  return observed.sender_has_ended() || said_so || observed.last - last.begin > 2 * due.pause;
}

/// Where tries can't be seen, the notification that says so is what shows when a message was given up. Tries may be as
/// far apart as the message is old, or a day.
Check told_in_time(const Case& observed, const std::string& why) {
  const Duration lifetime = observed.queue_lifetime();
  if (lifetime == Duration::zero()) return Check::not_applicable(why);
  constexpr Duration longest_pause = std::chrono::hours(24);
  const scenario::Range<Duration> due = {lifetime / 2, lifetime +
                                                           std::min(lifetime, longest_pause) +
                                                           unanswered_look_up_time(observed)};
  const std::map<std::string_view, Moment> told = told_of_failure(observed);
  Failures failures;
  Check check = Check::not_applicable(why);
  for (const Message& message : observed.messages) {
    const std::optional<Moment> told_then = told_at(told, message);
    if (!told_then || message.finished()) continue;
    const Duration after = *told_then - observed.sender_began();
    const std::string actual =
        "the sender gave up " + in_words(after) + " after the start, as its notification shows";
    if (const std::string missed = distance_from_range(after, due); missed.empty())
      check = Check::pass(actual);
    else
      failures.add(actual, missed, {});
  }
  return failures.empty() ? check : failures.check();
}

/// When the address was first told by name that delivery to the recipient failed; nothing: it was not.
std::optional<Moment> returned_at(const Case& observed, const Message& message,
                                  const Delivery& delivery) {
  for (const Transaction* one : observed.notifications) {
    if (one->accepted == nullptr || one->facts() == nullptr ||
        !is_addressed_to_sender_of(*one, message))
      continue;
    for (const journal::event::RecipientReport& report : one->facts()->reports)
      if (base::equal_ignoring_case(report.action, "failed") &&
          comparable(report.recipient) == delivery.recipient)
        return one->begin;
  }
  return std::nullopt;
}

/// Whether the sender may return the message at once: the last try failed for want of TLS, or by a reply that SMTP does
/// not know.
bool may_return_at_once(const Case& observed, const Try& last) {
  return is_not_smtp(last) || observed.sessions[last.session].tls_failed ||
         observed.tls_policy != scenario::TlsPolicy::opportunistic;
}

/// The scenario says after how many tries the message is to be returned.
bool expects_an_early_end(const Case& observed) {
  const auto& expected = observed.scenario->expected(observed.tls_policy);
  return std::any_of(expected.begin(), expected.end(), [](const scenario::Expectation& one) {
    const auto* tries = std::get_if<scenario::Range<std::uint64_t>>(&one.value);
    return one.name == "tries" && tries != nullptr && tries->max;
  });
}

/// "the last try for b@rcpt.test came 1d after the first"
std::string last_try_of(const Delivery& delivery, Duration span) {
  return "the last try for " + name_of(delivery) + " came " + in_words(span) + " after the first";
}

/// Of a scenario that does not ask for it: nobody returns a message early that was retried and still deferred.
Check not_given_up_early(const Case& observed) {
  constexpr Duration usual = std::chrono::hours(4 * 24);
  const Duration lifetime = observed.queue_lifetime();
  if (expects_an_early_end(observed)) return {};
  Failures failures;
  Check check;
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    const auto counted = delivery.counted_tries();
    // A single try is the business of `retry`.
    if (counted.size() < 2 || delivery.finished() || !is_temporary(counted.back()->result) ||
        may_return_at_once(observed, *counted.back()) || observed.caller_was_told(message))
      return;
    if (observed.may_hide_tries(observed.first, counted.front()->begin)) return;
    const std::optional<Moment> returned = returned_at(observed, message, delivery);
    if (!returned) return;
    // It looks at a message's age when the message is due.
    const Duration least =
        lifetime == Duration::zero() ? usual : lifetime - longest_pause_between(counted);
    const Duration after = *returned - counted.front()->begin;
    if (after < least)
      failures.add(message, delivery,
                   message_for(delivery) + " was returned to its sender " + in_words(after) +
                       " after its first try",
                   in_words(least - after) + " too early",
                   {evidence(observed, *counted.front()), evidence(observed, *counted.back())});
    else
      check = Check::pass("the message was returned to its sender " + in_words(after) +
                          " after its first try");
  });
  return (failures.empty() ? check : failures.check())
      .expecting(lifetime == Duration::zero()
                     ? "the sender retries for 4 to 5 days, or for its queue lifetime"
                     : "the sender retries for about " + in_words(lifetime) +
                           " (--queue-lifetime)");
}

} // namespace

Check gives_up(const Case& observed, const scenario::Expectation* expectation) {
  if (expectation == nullptr) return not_given_up_early(observed);
  const auto& range = std::get<scenario::Range<Duration>>(expectation->value);
  const Duration lifetime = observed.queue_lifetime();
  const std::string expected =
      !range.max && lifetime != Duration::zero()
          ? "the last try comes about " + in_words(lifetime) + " after the first (--queue-lifetime)"
          : "the last try comes " + in_words(range) + " after the first";
  Failures failures;
  std::string passed;
  std::string open;
  std::string untold; // delivered, or still being tried where nobody says how long that may go on
  if (observed.may_hide_tries(observed.first, observed.last))
    return told_in_time(
               observed,
               "the port did not answer at times, so the first or last try may have gone unseen")
        .expecting(expected);
  const std::map<std::string_view, Moment> told = last_told(observed);
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    const auto counted = delivery.counted_tries();
    if (counted.empty()) return;
    const Try& first = *counted.front();
    const Try& last = *counted.back();
    const std::vector<Evidence> shown = {evidence(observed, first), evidence(observed, last)};
    const GiveUp due = give_up_of(observed, counted, range);
    const Duration span = last.begin - first.begin;
    const std::string watched = in_words(observed.last - first.begin);
    const bool over =
        observed.end_of_observation() == nullptr && is_over(observed, told, message, last, due);
    if (delivery.accepted_count() != 0) {
      untold = message_for(delivery) + " was delivered, so the sender did not have to give up";
    } else if (observed.caller_was_told(message)) {
      passed = "the sender reported the failure to its caller after " + in_words(span);
    } else if (due.range.max && span > *due.range.max) {
      failures.add(message, delivery, last_try_of(delivery, span),
                   distance_from_range(span, due.range, "too early", "too late"), shown);
    } else if (!over && due.known && span < due.range.min) {
      open = last_try_of(delivery, span) + ", and the watch time ended after " + watched +
             ": use a longer --watch-time";
    } else if (!over && !due.known) {
      untold = "the message was still being retried when the watch time ended after " + watched +
               "; with --queue-lifetime the sender is watched until it gives up";
    } else if (span < due.range.min) {
      failures.add(message, delivery, last_try_of(delivery, span),
                   distance_from_range(span, due.range, "too early", "too late"), shown);
    } else {
      passed = "the last try came " + in_words(span) + " after the first";
    }
  });
  if (!failures.empty()) return failures.check().expecting(expected);
  if (!open.empty()) return Check::undecided(open).expecting(expected);
  if (passed.empty() && untold.empty())
    return told_in_time(observed, "no try was seen").expecting(expected);
  if (passed.empty()) return Check::not_applicable(untold).expecting(expected);
  return Check::pass(passed).expecting(expected);
}

} // namespace tempfail::verdict
