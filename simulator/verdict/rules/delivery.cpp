// What arrives: once, at least once, never; and what comes back to the sender.
#include "verdict/notifications.hpp"
#include "verdict/reasons_to_return.hpp"
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

namespace tempfail::verdict {
namespace {

using scenario::Level;

struct Arrivals {
  std::size_t count = 0;
  bool needless = false; ///< came again although the sender had been told, or had not waited for it
  bool hung_up_too_early = false; ///< it had not waited
  bool parallel = false;          ///< was sent before the sender had been told of another
  std::vector<Evidence> evidence;
};

/// A further copy is unavoidable when every one before it was accepted without the sender being told: it
/// can't know, and must not lose the message (RFC 5321 section 6.1, RFC 1047). It could have known where it hung up
/// before its time.
Arrivals arrivals_of(const Case& observed, const Delivery& delivery) {
  Arrivals arrivals;
  bool told = false;
  const Try* before = nullptr;
  for (const Try& attempt : delivery.tries) {
    if (attempt.result != TryResult::accepted) continue;
    ++arrivals.count;
    arrivals.parallel =
        arrivals.parallel || (before != nullptr && !before->was_over_before(attempt));
    before = &attempt;
    arrivals.needless = arrivals.needless || told;
    arrivals.hung_up_too_early = arrivals.hung_up_too_early || attempt.hung_up_too_early;
    told = !attempt.reply_lost || attempt.hung_up_too_early;
    arrivals.evidence.push_back(evidence(observed, attempt));
  }
  return arrivals;
}

constexpr std::string_view window_named =
    " (the duplicate was unavoidable: the server had accepted the message, but the connection was "
    "lost before the reply arrived)";

/// More copies than a sender that pauses for ten minutes after each could make in that time.
bool is_flood(const Delivery& delivery, const Arrivals& arrivals) {
  constexpr std::size_t always_allowed = 3;
  constexpr Duration pause = std::chrono::minutes(10);
  const Duration span = delivery.tries.back().begin - delivery.tries.front().begin;
  return arrivals.count > always_allowed + static_cast<std::size_t>(span / pause);
}

/// Nothing but the first of several recipients was ever tried: most often the command was told of no other.
std::string hint_of(const Message& message) {
  std::size_t untried = 0;
  for (const Delivery& delivery : message.deliveries)
    if (delivery.tries.empty()) ++untried;
  const bool first_alone =
      untried == message.deliveries.size() - 1 && !message.deliveries.front().tries.empty();
  return first_alone ? " (in the command, use {recipients} instead of {recipient})" : "";
}

Check never(const Case& observed) {
  Failures failures;
  std::size_t seen = 0;
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    seen += delivery.tries.size();
    const Arrivals arrivals = arrivals_of(observed, delivery);
    if (arrivals.count != 0)
      failures.add(message, delivery, message_for(delivery) + " arrived " + times(arrivals.count),
                   {}, arrivals.evidence);
  });
  if (!failures.empty()) return failures.check();
  if (seen == 0) return Check::not_applicable("no try was seen");
  return Check::pass("the message never arrived");
}

/// Whether a sender that tries once gave up the whole message, as it may when the first recipient is refused: its
/// caller has all of it.
bool gave_up_whole(const Case& observed, const Message& message) {
  return observed.role_is_declared && observed.role == Role::one_shot &&
         std::all_of(message.deliveries.begin(), message.deliveries.end(),
                     [](const Delivery& delivery) { return delivery.accepted_count() == 0; });
}

/// Nothing was refused, every command was answered, and no connection was ended by the server: nobody gave the sender a
/// reason to return a message.
bool nothing_went_wrong(const Case& observed) {
  const auto is_trouble = [](const journal::Event* event) {
    const auto* exchange = as_exchange(event);
    return exchange != nullptr && (exchange->code == 0 || exchange->code >= 400 ||
                                   exchange->rule != 0 || exchange->breaches != 0);
  };
  return !has_its_own_reasons(observed) &&
         std::all_of(observed.sessions.begin(), observed.sessions.end(), [&](const Session& it) {
           return !it.tls_failed && it.was_ended_by_client() &&
                  std::none_of(it.events.begin(), it.events.end(), is_trouble);
         });
}

Check delivered(const Case& observed, const scenario::Expectation* expectation) {
  const auto& word = std::get<std::string>(expectation->value);
  const std::string expected = word == "once"    ? "the message arrives exactly once"
                               : word == "never" ? "the message never arrives"
                                                 : "the message arrives at least once";
  if (word == "never") return never(observed).expecting(expected);
  Failures failures;
  std::size_t deliveries = 0;
  std::size_t unavoidable = 0;
  bool hidden = false;
  std::size_t told = 0;
  std::string open;
  std::vector<Evidence> shown;
  const ReturnedMessages returned(observed);
  const ReasonsToReturn reasons(observed);
  const bool may_return = !nothing_went_wrong(observed);
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    ++deliveries;
    const Arrivals arrivals = arrivals_of(observed, delivery);
    // What met a port that did not answer was tried, for all anybody can tell. A message that was given back whole
    // need not have been: the failure of the one before it can be the reason.
    const bool tried = !message.last_try() || !delivery.tries.empty() ||
                       !observed.outages.empty() || gave_up_whole(observed, message);
    const std::optional<Moment> was_returned = returned.last_time(message, delivery);
    const bool may_return_this = delivery.tries.empty()
                                     ? was_returned && reasons.was_one(delivery, *was_returned)
                                     : may_return;
    if (arrivals.count == 0 && tried &&
        (observed.caller_was_told(message) || (may_return_this && was_returned))) {
      ++told; // given back, and not lost
      return;
    }
    if (delivery.tries.empty() && was_returned) {
      failures.add(message, delivery,
                   message_for(delivery) + " was never tried, and a notification returned it", {},
                   {});
      return;
    }
    if (observed.end_of_observation() != nullptr && !delivery.finished()) {
      open = message_for(delivery) + " had not arrived yet, after " + tries(delivery.tries.size()) +
             ", when " + std::string(observed.end_of_observation_text());
      return;
    }
    if (!delivery.finished() && !delivery.tries.empty() && !observed.sender_has_ended() &&
        observed.outage_lasts_after(delivery.tries.back().end)) {
      hidden = true;
      return;
    }
    if (arrivals.count == 0 && !delivery.finished() && !delivery.tries.empty() &&
        observed.was_seen_too_briefly_after(delivery.tries.back().end)) {
      open = message_for(delivery) + " had not arrived yet, after " + tries(delivery.tries.size()) +
             ", and only " + in_words(observed.last - delivery.tries.back().end) +
             " were seen after the last of them";
      return;
    }
    if (arrivals.count > 1 && !arrivals.needless) {
      ++unavoidable;
      shown = arrivals.evidence;
    }
    if (arrivals.count == 0) {
      std::vector<Evidence> last;
      if (!delivery.tries.empty()) last.push_back(evidence(observed, delivery.tries.back()));
      failures.add(message, delivery,
                   message_for(delivery) +
                       (delivery.tries.empty()
                            ? " was never tried" + hint_of(message)
                            : " never arrived, after " + tries(delivery.tries.size())),
                   {}, last);
    } else if (word == "once" && arrivals.needless) {
      failures.add(message, delivery, message_for(delivery) + " arrived " + times(arrivals.count),
                   std::to_string(arrivals.count - 1) + " too many", arrivals.evidence);
    }
  });
  if (!failures.empty()) return failures.check().expecting(expected);
  if (hidden)
    return Check::not_applicable("the port did not answer again during the watch time")
        .expecting(expected);
  if (!open.empty()) return Check::undecided(open).expecting(expected);
  if (deliveries == 0) return Check::not_applicable("no message was sent").expecting(expected);
  if (told == deliveries)
    return Check::not_applicable("the failure was reported to the caller or returned to the author")
        .expecting(expected);
  std::string actual = unavoidable == 0 && word == "once" ? "the message arrived exactly once"
                                                          : "the message arrived at least once";
  if (unavoidable != 0) actual += window_named;
  return Check::pass(actual, std::move(shown)).expecting(expected);
}

Check no_duplicate(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  Check check;
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    const Arrivals arrivals = arrivals_of(observed, delivery);
    if (arrivals.count == 0) return;
    if (arrivals.needless) {
      failures.add(
          message, delivery,
          message_for(delivery) + " arrived " + times(arrivals.count) +
              (arrivals.hung_up_too_early
                   ? ": the sender hung up before its ten-minute timeout for the reply was over"
               : arrivals.parallel ? ": the sender sent a copy while another was still on its way"
                                   : " although the sender had seen that it was accepted"),
          {}, arrivals.evidence);
    } else if (is_flood(delivery, arrivals)) {
      failures.add(message, delivery,
                   message_for(delivery) + " arrived " + times(arrivals.count) +
                       ", without a pause between the copies",
                   {}, arrivals.evidence);
    } else if (arrivals.count > 1) {
      check = Check::pass(message_for(delivery) + " arrived " + times(arrivals.count) +
                              std::string(window_named),
                          arrivals.evidence);
    } else if (check.outcome == Outcome::not_applicable) {
      check = Check::pass("no recipient got a duplicate");
    }
  });
  check = failures.empty() ? check : failures.check();
  return check.expecting("no further copy is sent after the sender has seen the acceptance");
}

/// The transactions in which a host took a message for recipients who were all accepted at their first try: what was
/// refused meanwhile may well come in another.
std::vector<const Transaction*> copies_at(const Case& observed, const Message& message,
                                          std::string_view host) {
  std::vector<const Transaction*> copies;
  for (const Delivery& delivery : message.deliveries) {
    if (delivery.tries.empty() || !observed.is_recipient_asked_of(delivery.recipient)) continue;
    const Try& first = delivery.tries.front();
    if (first.result == TryResult::accepted && observed.sessions[first.session].host == host &&
        std::find(copies.begin(), copies.end(), first.transaction) == copies.end())
      copies.push_back(first.transaction);
  }
  return copies;
}

Check one_copy(const Case& observed, const scenario::Expectation*) {
  const std::string expected = "one transaction for all recipients on the same host";
  std::set<std::string_view> hosts;
  for (const Session& session : observed.sessions)
    hosts.insert(session.host);
  Failures failures;
  bool shared = false;
  for (const Message& message : observed.messages) {
    if (message.deliveries.size() < 2) continue;
    for (const std::string_view host : hosts) {
      const std::vector<const Transaction*> copies = copies_at(observed, message, host);
      shared = shared || !copies.empty();
      if (copies.size() < 2) continue;
      std::vector<Evidence> shown;
      for (const Transaction* one : copies)
        shown.push_back(evidence(*one->mail));
      failures.add("the sender sent " + std::to_string(copies.size()) + " copies for " +
                       std::to_string(message.deliveries.size()) + " recipients",
                   {}, std::move(shown));
    }
  }
  if (!failures.empty()) return failures.check().expecting(expected);
  if (!shared)
    return Check::not_applicable("no message for several recipients was accepted")
        .expecting(expected);
  return Check::pass("the sender sent one copy").expecting(expected);
}

constexpr std::array delivery_table = {
    Rule{
        {"delivered",
         "Each recipient gets the message exactly as often as the scenario expects (usually once).",
         "RFC 5321 section 4.5.4.1 and section 6.1, RFC 1047", Keyword::must, Level::must, false,
         "the standards require that it arrives; that it arrives once is required here as well, "
         "because the recipient sees a second copy"},
        delivered},
    Rule{{"no-duplicate",
          "A message that was accepted, as the sender has seen, is not sent again to the same "
          "recipient.",
          "RFC 5321 section 4.2.5 and section 6.1, RFC 1047", Keyword::stated, Level::must, true,
          "after the 250 the server has the message: a second copy is a fault that the recipient "
          "sees"},
         no_duplicate},
    Rule{{"one-copy", "One copy is sent for all recipients whose mail goes to the same host.",
          "RFC 5321 section 4.5.4.1", Keyword::should, Level::should, false},
         one_copy},
};

} // namespace

std::span<const Rule> delivery_rules() {
  return delivery_table;
}

} // namespace tempfail::verdict
