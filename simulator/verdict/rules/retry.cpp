// Whether the sender tries again, and how often.
#include "verdict/notifications.hpp"
#include "verdict/rule.hpp"
#include "verdict/rules/giving_up.hpp"

#include <algorithm>
#include <array>

namespace tempfail::verdict {
namespace {

using scenario::Level;

Duration watched_since(const Case& observed, const Try& attempt) {
  return observed.last - attempt.end;
}

/// Why no retry is to come: it was given back, the command had ended, or the watch was over.
std::string not_tried_again(const Case& observed, const Message& message, const Try& failed,
                            bool was_returned) {
  const std::string not_retried = " was not retried after " + failure_of(failed);
  if (was_returned) return not_retried + ": a notification returned it to its sender";
  const auto* const end = observed.process_end(message);
  if (end != nullptr && !end->queue)
    return not_retried + ": the command ended with status " + std::to_string(end->exit_code) +
           ", " + in_words(watched_since(observed, failed)) + " later";
  if (observed.queue_is_empty)
    return not_retried + ": the sender's queue was empty " +
           in_words(watched_since(observed, failed)) + " later";
  return not_retried + " in the " + in_words(watched_since(observed, failed)) +
         " that were watched";
}

/// Nothing was tried again, but what the sender did then is not known: what is said of it.
std::string ended_first(const Case& observed, const std::string& what) {
  if (observed.end_of_observation() == observed.continued)
    return what + " before this part of the journal ended; judge all parts together";
  if (observed.end_of_observation() == observed.cut_at)
    return what + " before the journal broke off: tempfail was killed, or the file was cut";
  const auto& process = std::get<journal::event::Process>(observed.end_of_observation()->body);
  const Duration after = observed.end_of_observation()->time - observed.sender_began();
  if (process.ended == journal::event::ProcessEnd::watch)
    return what + ": the sender was still running when the watch time ended after " +
           in_words(after);
  return what + ": the sender was ended by " +
         (process.ended == journal::event::ProcessEnd::timeout ? "--timeout" : "an interrupt") +
         " after " + in_words(after) +
         " of protocol time, before its next try; use a longer --timeout or a larger --time-scale";
}

/// Nothing was refused within a session, but for a while there was no session to be had.
Check retry_after_outage(const Case& observed) {
  const auto met =
      std::find_if(observed.outages.begin(), observed.outages.end(), [&](const auto& it) {
        return it.begin <= observed.sender_began() && observed.sender_began() < it.end &&
               !it.was_not_met();
      });
  if (met == observed.outages.end())
    return Check::not_applicable("nothing failed temporarily, so no retry was needed");
  const std::string answer = in_words(met->answer);
  const bool all_told =
      !observed.messages.empty() &&
      std::all_of(observed.messages.begin(), observed.messages.end(),
                  [&](const Message& it) { return observed.caller_was_told(it); });
  if (observed.sessions.empty() && all_told)
    return Check::not_applicable(observed.caller_was_told_text());
  if (observed.sessions.empty()) {
    std::string actual = "no connection arrived: connections were " + answer + " for " +
                         in_words(met->end - met->begin);
    actual += observed.is_outage(met->begin, observed.last)
                  ? ", and the sender ended without a retry"
                  : ", and accepted in the " + in_words(observed.last - met->end) + " after that";
    return Check::fail(std::move(actual), {evidence(*met->event)});
  }
  const Session& first = observed.sessions.front();
  if (first.begin < met->end)
    return Check::not_applicable("nothing failed temporarily, so no retry was needed");
  return Check::pass("the sender retried " + in_words(first.begin - met->end) +
                         " after connections were no longer " + answer,
                     {evidence(*met->event), evidence(*first.events.front())});
}

/// What failed for the time being is tried again.
Check retry(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  std::vector<Evidence> shown;
  std::size_t refused = 0;
  std::size_t retried = 0;
  std::size_t hidden = 0;
  std::size_t told = 0;
  std::size_t given_back = 0;
  std::string open;
  const ReturnedMessages returned(observed);
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    const Try* first = delivery.first_temporary_failure();
    if (first == nullptr || delivery.arrived_in_parallel_to(*first)) return;
    ++refused;
    const Try* next = delivery.next(*first);
    if (next == nullptr && !delivery.ended_by_a_further_step() &&
        observed.caller_was_told(message)) {
      ++told; // it queues nothing, and has said so (RFC 5321 section 4.2.5)
      return;
    }
    if (next == nullptr && !delivery.ended_by_a_further_step() &&
        observed.end_of_observation() != nullptr) {
      open = ended_first(observed, message_for(delivery) + " was not retried");
      return;
    }
    if (next == nullptr && !delivery.ended_by_a_further_step() && !observed.sender_has_ended() &&
        observed.outage_lasts_after(first->end)) {
      ++hidden; // the port never answered again
      return;
    }
    if (next == nullptr && !delivery.ended_by_a_further_step() &&
        (is_not_smtp(*first) || is_out_of_step(observed.sessions[first->session])) &&
        returned.covers(message, delivery)) {
      ++given_back;
      return;
    }
    if (next == nullptr && !delivery.ended_by_a_further_step() &&
        !returned.covers(message, delivery) && observed.was_seen_too_briefly_after(first->end)) {
      open = message_for(delivery) + " was not retried in the " +
             in_words(watched_since(observed, *first)) +
             " that were seen after the failure: too little to tell";
      return;
    }
    if (next == nullptr && !delivery.ended_by_a_further_step()) {
      failures.add(message, delivery,
                   message_for(delivery) + not_tried_again(observed, message, *first,
                                                           returned.covers(message, delivery)),
                   {}, {evidence(observed, *first)});
      return;
    }
    ++retried;
    if (shown.empty() && next != nullptr)
      shown = {evidence(observed, *first), evidence(observed, *next)};
  });
  if (!failures.empty()) return failures.check();
  if (!open.empty()) return Check::undecided(open);
  if (refused == 0) return retry_after_outage(observed);
  if (given_back != 0 && retried == 0)
    return Check::not_applicable(
        "the message was returned to its author after a reply that is not valid SMTP");
  if (told != 0 && retried == 0) return Check::not_applicable(observed.caller_was_told_text());
  if (hidden == refused)
    return Check::not_applicable("the port did not answer again during the watch time");
  return Check::pass(std::to_string(retried) +
                         (retried == 1 ? " delivery was" : " deliveries were") + " retried",
                     std::move(shown));
}

/// Whether the sender came, read in the reply to EHLO that the message is too large, and went without a try.
bool heeded_size_limit(const Case& observed) {
  const std::uint64_t limit = observed.scenario->server.size_limit;
  if (!observed.under_test() || limit == 0 || observed.scenario->test.message.size <= limit)
    return false;
  return !observed.sessions.empty() &&
         std::all_of(
             observed.sessions.begin(), observed.sessions.end(), [](const Session& session) {
               return std::all_of(session.transactions.begin(), session.transactions.end(),
                                  [](const Transaction& one) { return one.sender.empty(); });
             });
}

/// The tries behind a refusal for good.
Check no_retry(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  std::vector<Evidence> shown;
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    const auto refusal =
        std::find_if(delivery.tries.begin(), delivery.tries.end(),
                     [](const Try& attempt) { return attempt.result == TryResult::permanent; });
    if (refusal == delivery.tries.end()) return;
    if (shown.empty()) shown = {evidence(observed, *refusal)};
    if (const Try* next = delivery.next(*refusal))
      failures.add(message, delivery,
                   message_for(delivery) + " was retried " + in_words(next->begin - refusal->end) +
                       " after " + failure_of(*refusal),
                   {}, {evidence(observed, *refusal), evidence(observed, *next)});
  });
  if (!failures.empty()) return failures.check();
  if (shown.empty() && heeded_size_limit(observed))
    return Check::pass("the message was not sent: the server's SIZE showed that it is too large");
  if (shown.empty()) return Check::not_applicable("nothing was rejected (5xx)");
  const std::string actual =
      "the message was not retried in " + in_words(observed.last - shown[0].time);
  return Check::pass(actual, std::move(shown));
}

/// A transaction that the client took back before the content (RSET, EHLO, QUIT), although nothing was refused, was no
/// try at the message if another one follows: RFC 5321 section 4.1.1.5 lets it begin again.
std::vector<const Try*> tries_that_count(const Delivery& delivery) {
  std::vector<const Try*> counted = delivery.counted_tries();
  if (counted.empty()) return counted;
  const auto was_taken_back = [last = counted.back()](const Try* attempt) {
    return attempt != last && attempt->result == TryResult::abandoned &&
           attempt->transaction != nullptr && attempt->transaction->left_by != nullptr &&
           !attempt->transaction->reached_content();
  };
  std::erase_if(counted, was_taken_back);
  return counted;
}

/// How many of these were accepted with a reply that a patient sender had stopped waiting for.
std::size_t missed_replies(const std::vector<const Try*>& tries) {
  return static_cast<std::size_t>(std::count_if(tries.begin(), tries.end(), [](const Try* one) {
    const auto* exchange = as_exchange(one->event);
    const bool by_itself = exchange != nullptr && exchange->rule == 0 && exchange->answered;
    return one->result == TryResult::accepted && one->reply_lost && !one->hung_up_too_early &&
           by_itself;
  }));
}

/// "the sender made 3 tries for b@rcpt.test"
std::string tries_for(const Delivery& delivery, std::size_t count) {
  return "the sender made " + tries(count) + " for " + name_of(delivery);
}

Check tries_in_all(const Case& observed, const scenario::Expectation* expectation) {
  const auto& range = std::get<scenario::Range<std::uint64_t>>(expectation->value);
  std::string expected = "at least " + tries(range.min);
  if (range.max) {
    expected = *range.max == range.min ? tries(range.min)
                                       : std::to_string(range.min) + " to " + tries(*range.max);
  }
  Failures failures;
  std::size_t least = SIZE_MAX;
  std::size_t most = 0;
  bool hidden = false;
  bool ended = false;
  std::string open;
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    const auto counted = tries_that_count(delivery);
    least = std::min(least, counted.size());
    most = std::max(most, counted.size());
    if (range.contains(counted.size())) return;
    if (counted.size() < range.min && (!observed.outages.empty() || delivery.finished())) {
      hidden = true; // tries that the port hid, or a failure that this sender did not meet
      return;
    }
    if (counted.size() < range.min &&
        (observed.end_of_observation() != nullptr || observed.caller_was_told(message))) {
      open = observed.end_of_observation() == nullptr
                 ? std::string()
                 : ended_first(observed, tries_for(delivery, counted.size()));
      ended = true;
      return;
    }
    if (counted.size() > range.min && missed_replies(counted) >= counted.size() - *range.max) {
      open = tries_for(delivery, counted.size()) +
             ", because the reply to an accepted message came too late for it: the machine was "
             "busy, so use a smaller --time-scale";
      return;
    }
    std::vector<Evidence> shown;
    for (const Try* attempt : counted)
      shown.push_back(evidence(observed, *attempt));
    const std::size_t off =
        counted.size() < range.min ? range.min - counted.size() : counted.size() - *range.max;
    failures.add(message, delivery, tries_for(delivery, counted.size()),
                 std::to_string(off) + (counted.size() < range.min ? " too few" : " too many"),
                 std::move(shown));
  });
  if (!failures.empty()) return failures.check().expecting(expected);
  if (!open.empty()) return Check::undecided(open).expecting(expected);
  if (most == 0) return Check::not_applicable("no try was seen").expecting(expected);
  if (ended) return Check::not_applicable(observed.caller_was_told_text()).expecting(expected);
  if (hidden)
    return Check::not_applicable("only " + tries(least) + " could be seen").expecting(expected);
  return Check::pass("the sender made " +
                     (least == most ? tries(most) : std::to_string(least) + " to " + tries(most)))
      .expecting(expected);
}

/// A refusal of the content as it is: too large, or in a character set that can't be had.
bool refuses_content(const Try& attempt) {
  const auto* exchange = as_exchange(attempt.event);
  if (attempt.result != TryResult::permanent || exchange == nullptr) return false;
  const std::string reply = first_line(exchange->reply);
  return reply.find(" 5.3.4") != std::string::npos || reply.find(" 5.6.") != std::string::npos ||
         reply.find(" 5.2.3") != std::string::npos ||
         (exchange->code == 552 && exchange->stage != scenario::Stage::rcpt);
}

Check changes_refused_content(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  Check check;
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    const auto refusal =
        std::find_if(delivery.tries.begin(), delivery.tries.end(), refuses_content);
    if (refusal == delivery.tries.end()) return;
    check = Check::pass("the message was not sent again", {evidence(observed, *refusal)});
    if (const Try* next = delivery.next(*refusal))
      failures.add(message, delivery,
                   "the same message was sent again " + in_words(next->begin - refusal->end) +
                       " later",
                   {}, {evidence(observed, *refusal), evidence(observed, *next)});
  });
  return failures.empty() ? check : failures.check();
}

constexpr std::array retry_table = {
    Rule{{"retry", "A temporary refusal (4xx) or a lost connection is retried.",
          "RFC 5321 section 4.5.4.1", Keyword::must, Level::must, false,
          "section 3.8 says that a lost connection SHOULD count as a 451, and after a 451 a retry "
          "is a MUST"},
         retry},
    Rule{{"no-retry", "A permanent refusal (5xx) is not retried.",
          "RFC 5321 section 4.2.1 and section 4.2.5", Keyword::should_not, Level::must, false,
          "the server will never accept the message: a retry can't help, delays the notification, "
          "and gets senders blocked"},
         no_retry},
    Rule{{"tries", "A message is tried as many times as the scenario expects.",
          "bounce guides; RFC 5321 section 4.5.4.1 names no number", Keyword::practice,
          Level::should, false,
          "too few tries lose mail that the next one would have delivered; needless tries are "
          "duplicates or a burden"},
         tries_in_all},
    Rule{{"gives-up",
          "The sender gives up on an undeliverable message at the end of its queue lifetime, and "
          "not before.",
          "RFC 5321 section 4.5.4.1", Keyword::stated, Level::should, true},
         gives_up},
    Rule{{"refused-content-unchanged",
          "A message that was rejected (5xx) for its size or its character set is not sent again "
          "unchanged.",
          "RFC 5321 section 4.2.1, RFC 1870 section 6.2, RFC 3463 section 3.7", Keyword::should_not,
          Level::should, true},
         changes_refused_content},
};

} // namespace

std::span<const Rule> retry_rules() {
  return retry_table;
}

} // namespace tempfail::verdict
