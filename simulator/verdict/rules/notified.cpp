// What comes back to the sender: delivery status notifications, of the kind that is asked for.
#include "base/ascii.hpp"
#include "verdict/esmtp_requests.hpp"
#include "verdict/notifications.hpp"
#include "verdict/rule.hpp"
#include "verdict/told_of.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

namespace tempfail::verdict {
namespace {

using scenario::Level;

/// How many recipients of a message did not get it, each of whom may be reported by itself; at least one.
std::size_t failed_deliveries(const Case& observed, const Message& message) {
  const auto failed =
      std::count_if(message.deliveries.begin(), message.deliveries.end(), [&](const Delivery& it) {
        return it.accepted_count() == 0 && observed.is_recipient_asked_of(it.recipient);
      });
  return std::max<std::size_t>(static_cast<std::size_t>(failed), 1);
}

/// The recipients of a message that did not get it.
std::vector<AffectedDelivery> failed_of(const Case& observed, const Message& message) {
  std::vector<AffectedDelivery> of;
  for (const Delivery& delivery : message.deliveries)
    if (delivery.accepted_count() == 0 && observed.is_recipient_asked_of(delivery.recipient))
      of.push_back(affected_delivery(message, delivery));
  return of;
}

std::vector<AffectedDelivery> affected(const Message& message,
                                       const std::vector<const Delivery*>& deliveries) {
  std::vector<AffectedDelivery> of;
  for (const Delivery* delivery : deliveries)
    of.push_back(affected_delivery(message, *delivery));
  return of;
}

/// Refused for good, and never accepted: somebody has to be told. Null: it is not so.
const Try* refused_for_good(const Case& observed, const Delivery& delivery) {
  if (delivery.accepted_count() != 0 || !observed.is_recipient_asked_of(delivery.recipient))
    return nullptr;
  for (const Try& attempt : delivery.tries)
    if (attempt.result == TryResult::permanent) return &attempt;
  return nullptr;
}

/// Of all recipients of a message the first of whom this holds.
template <typename Find>
const Try* first_of(const Message& message, Find&& find) {
  for (const Delivery& delivery : message.deliveries)
    if (const Try* const found = find(delivery)) return found;
  return nullptr;
}
const Try* refused_for_good(const Case& observed, const Message& message) {
  return first_of(message, [&](const Delivery& it) { return refused_for_good(observed, it); });
}

/// Deferred, never accepted, and the command that had it has ended with success: it has given up, and told nobody.
const Try* given_up_silently(const Case& observed, const Message& message,
                             const Delivery& delivery) {
  const auto* const end = observed.process_end(message);
  if (end == nullptr || end->exit_code != 0 || end->queue || !observed.sender_has_ended() ||
      observed.role == Role::one_shot)
    return nullptr; // who tries once says it to its caller: see `reports-failure`
  const bool is_it = !delivery.finished() && observed.is_recipient_asked_of(delivery.recipient) &&
                     delivery.first_temporary_failure() != nullptr;
  return is_it ? &delivery.tries.back() : nullptr;
}

/// How long after its first try a message has certainly been given up. Where tries are as far apart as the message is
/// old, or a day, the last one comes as late as this.
Duration longest_life(const Case& observed, Duration lifetime) {
  constexpr Duration longest_pause = std::chrono::hours(23);
  return lifetime + std::min(lifetime, longest_pause) + unanswered_look_up_time(observed);
}

/// Deferred until after the end of the queue's lifetime, as the sender declares it: by then it has given up.
const Try* given_up_by_its_lifetime(const Case& observed, const Delivery& delivery) {
  const Duration lifetime = observed.queue_lifetime();
  if (lifetime == Duration::zero() || observed.role == Role::one_shot) return nullptr;
  const Try* const first = delivery.first_temporary_failure();
  if (first == nullptr || delivery.finished() ||
      !observed.is_recipient_asked_of(delivery.recipient) ||
      observed.last - first->begin < longest_life(observed, lifetime))
    return nullptr;
  return &delivery.tries.back();
}

/// The last try at a recipient of whom the sender has given up; null: it has not, as far as is known.
const Try* given_up(const Case& observed, const Message& message, const Delivery& delivery) {
  const Try* const silently = given_up_silently(observed, message, delivery);
  return silently != nullptr ? silently : given_up_by_its_lifetime(observed, delivery);
}
const Try* given_up(const Case& observed, const Message& message) {
  return first_of(message, [&](const Delivery& it) { return given_up(observed, message, it); });
}

/// Whose failure their author was not told of, though others' was.
std::vector<const Delivery*> left_out_of(const Case& observed, const Message& message,
                                         const Came& came) {
  std::vector<const Delivery*> due;
  for (const Delivery& delivery : message.deliveries)
    if (refused_for_good(observed, delivery) != nullptr ||
        given_up(observed, message, delivery) != nullptr)
      due.push_back(&delivery);
  return came.left_out(std::move(due));
}

/// Accepted for every recipient that is asked for.
bool was_delivered(const Case& observed, const Message& message) {
  return std::all_of(message.deliveries.begin(), message.deliveries.end(), [&](const Delivery& it) {
    return it.accepted_count() != 0 || !observed.is_recipient_asked_of(it.recipient);
  });
}

/// Put off at some time, or not seen to be refused for good: somebody may have been told of a delay.
bool may_be_delayed(const Case& observed, const Message& message) {
  for (const Delivery& delivery : message.deliveries)
    if (delivery.first_temporary_failure() != nullptr) return true;
  return refused_for_good(observed, message) == nullptr;
}

/// Why it can't be said that no notification was sent; nothing: it would have been seen, or nobody is left to send it.
std::string hidden_why(const Case& observed) {
  const bool reach_us = observed.run != nullptr && observed.run->notifications_come;
  const bool any_came =
      std::any_of(observed.notifications.begin(), observed.notifications.end(),
                  [](const Transaction* one) { return one->accepted != nullptr; });
  if (reach_us || any_came) return {};
  return "it is unknown whether notifications reach this server: route the sender's own domain "
         "here, and name its server with --sender-server";
}

/// What there was instead of the notification that was due.
std::string what_came(const Came& came, const std::string& word,
                      const std::vector<const Delivery*>& left_out) {
  if (!left_out.empty()) {
    std::string names;
    for (const Delivery* delivery : left_out)
      names += (names.empty() ? "" : ", ") + delivery->recipient;
    return "no notification of the failure of " + names + " arrived";
  }
  if (came.others.starts_with(word + " for "))
    return "only notifications of other recipients arrived: " + came.others;
  if (!came.others.empty()) return "only notifications with another action arrived: " + came.others;
  if (!came.other_report.empty()) return "no notification arrived, but a " + came.other_report;
  return "no notification arrived";
}

std::string notifications_came(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " notification arrived" : " notifications arrived");
}

/// What a scenario expects: an action, `never`, and what the notification says besides.
scenario::ExpectedNotification wanted_by(const scenario::Expectation* expectation) {
  if (expectation == nullptr) return {"failed", {}, {}};
  if (const auto* notice = std::get_if<scenario::ExpectedNotification>(&expectation->value))
    return *notice;
  return {std::get<std::string>(expectation->value), {}, {}};
}

std::string list_of(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string text_of(const scenario::ExpectedNotification& wanted) {
  if (wanted.action == "never") return "no notification arrives";
  std::string text = "a notification with the action " + wanted.action + " arrives";
  if (!wanted.statuses.empty()) text += ", status " + list_of(wanted.statuses);
  if (!wanted.fields.empty()) text += ", with " + list_of(wanted.fields);
  return text;
}

/// Whether a status is one of these, or says less than they do: detail 0 of the same subject, or subject 0 (RFC 3463
/// section 3.1).
bool is_allowed(std::string_view status, const std::vector<std::string>& allowed) {
  if (allowed.empty() || status.size() < 5) return true;
  if (status.substr(1) == ".0.0") return true;
  const auto says_less = [status](const std::string& one) {
    const std::string subject = one.substr(1, one.rfind('.') - 1);
    return status.substr(1) == subject + ".0";
  };
  return std::any_of(allowed.begin(), allowed.end(),
                     [&](const std::string& one) { return status == one || says_less(one); });
}

bool has_field(const journal::event::Content& content,
               const journal::event::RecipientReport& report, std::string_view field) {
  if (field == "Remote-MTA") return !report.remote_mta.empty();
  if (field == "Diagnostic-Code") return !report.diagnostic.empty();
  if (field == "Original-Recipient") return !report.original_recipient.empty();
  if (field == "Will-Retry-Until") return !report.will_retry_until.empty();
  return !content.form.original_envelope_id.empty();
}

/// What is wrong with a report of the kind that is wanted; empty: nothing.
std::string wrong_with_details(const scenario::ExpectedNotification& wanted,
                               const journal::event::Content& content,
                               const journal::event::RecipientReport& report) {
  if (!is_allowed(report.status, wanted.statuses))
    return "a notification's status " + std::string(report.status) + " is neither one of " +
           list_of(wanted.statuses) + " nor a general one";
  for (const std::string& field : wanted.fields)
    if (!has_field(content, report, field)) return "a notification has no " + field;
  return {};
}

/// Holds the notifications of the kind that is wanted against what they are to say.
void check_details(const Case& observed, const scenario::ExpectedNotification& wanted,
                   Failures& failures) {
  for (const Transaction* notification : observed.notifications) {
    const auto* content = notification->facts();
    if (notification->accepted == nullptr || content == nullptr || !notification->sender.empty())
      continue;
    const auto shown = [&](const std::string& text) {
      return std::vector<Evidence>{evidence(*notification->content, text)};
    };
    if (content->reports.empty() && !wanted.fields.empty())
      failures.add("a notification is plain text, without " + list_of(wanted.fields), {},
                   shown("notification"));
    for (const journal::event::RecipientReport& report : content->reports) {
      if (!base::equal_ignoring_case(report.action, wanted.action) ||
          !observed.is_recipient_asked_of(comparable(report.recipient)))
        continue;
      if (const std::string wrong = wrong_with_details(wanted, *content, report); !wrong.empty())
        failures.add(wrong, {}, shown(told(*content)));
    }
  }
}

/// Notifications that NOTIFY forbids: all of them, or of this action.
void check_unasked(const Case& observed, Failures& failures) {
  for (const Message& message : observed.messages) {
    const EsmtpRequests requests = requests_of(message);
    if (!requests.notify) continue;
    const std::string why = ", but NOTIFY was " + *requests.notify;
    for (const Transaction* notification : observed.notifications) {
      const auto* content = notification->facts();
      if (notification->accepted == nullptr || content == nullptr ||
          !is_addressed_to_sender_of(*notification, message))
        continue;
      const std::vector<Evidence> shown = {evidence(*notification->accepted, told(*content))};
      if (*requests.notify == "NEVER") {
        failures.add("a notification arrived" + why, {}, shown);
        continue;
      }
      for (const journal::event::RecipientReport& report : content->reports)
        if (!requests.allow(report.action))
          failures.add("a notification has the action " + base::lower(report.action) + why, {},
                       shown);
    }
  }
}

/// Nobody is to be told anything. That nothing came says so only where it would have been seen.
Check never_notified(const Case& observed, const std::vector<Came>& came_for) {
  Failures failures;
  for (const Came& came : came_for)
    for (const std::vector<Evidence>* all : {&came.right, &came.from_somebody})
      if (!all->empty()) failures.add(notifications_came(all->size()), {}, *all);
  if (!failures.empty()) return failures.check();
  const bool told_callers =
      std::all_of(observed.messages.begin(), observed.messages.end(),
                  [&](const Message& message) { return observed.caller_was_told(message); });
  const std::string why = told_callers ? std::string() : hidden_why(observed);
  const std::string none = "no notification arrived";
  return why.empty() ? Check::pass(none) : Check::undecided(none + "; " + why);
}

/// Why nobody can be asked to have given a message up yet; empty: the time is over, or the end is not what the scenario
/// is about. `open`: a longer watch would tell.
struct GiveUpWait {
  std::string why;
  bool open = false;
};
GiveUpWait waits_for_give_up(const Case& observed, const Message& message) {
  const auto& expected = observed.scenario->expected(observed.tls_policy);
  const bool is_asked = std::any_of(expected.begin(), expected.end(),
                                    [](const auto& one) { return one.name == "gives-up"; });
  if (!is_asked || message.finished() || observed.sender_has_ended()) return {};
  const Duration lifetime = observed.queue_lifetime();
  if (lifetime == Duration::zero())
    return {
        "the message may still be retried; with --queue-lifetime the sender is watched until it "
        "gives up",
        false};
  if (observed.last - observed.sender_began() < longest_life(observed, lifetime))
    return {"the message may still be retried; use a longer --watch-time", true};
  return {};
}

Check notified(const Case& observed, const scenario::Expectation* expectation) {
  const scenario::ExpectedNotification wanted = wanted_by(expectation);
  const std::string& word = wanted.action;
  const std::string expected = text_of(wanted);
  Failures failures;
  Check check;
  std::string open;
  const std::vector<Came> came_for = came_for_each(observed, word);
  const RejectedNotifications notifications(observed);
  if (word == "never") return never_notified(observed, came_for).expecting(expected);
  // Where one of several messages failed, it is that one that the sender is to be told of.
  const bool one_failed =
      word == "failed" &&
      std::any_of(observed.messages.begin(), observed.messages.end(),
                  [&](const Message& message) { return !was_delivered(observed, message); });
  check_unasked(observed, failures);
  check_details(observed, wanted, failures);
  for (std::size_t i = 0; i < observed.messages.size(); ++i) {
    const Message& message = observed.messages[i];
    const Came& came = came_for[i];
    std::vector<const Delivery*> left_out;
    if (came.any() && word == "failed") left_out = left_out_of(observed, message, came);
    const Try* const refusal = left_out.empty() ? refused_for_good(observed, message)
                                                : refused_for_good(observed, *left_out.front());
    const Try* const last = left_out.empty() ? given_up(observed, message)
                                             : given_up(observed, message, *left_out.front());
    const Try* const given_up_at = refusal == nullptr ? last : nullptr;
    if (!came.from_somebody.empty())
      failures.add("a notification came from an address instead of <>", {}, came.from_somebody);
    if (came.any() && left_out.empty()) {
      const std::string actual = notifications_came(came.right.size());
      // A text for people may have been one of a delay.
      const std::size_t others = may_be_delayed(observed, message) ? came.texts : 0;
      if (word == "failed" && came.right.size() > failed_deliveries(observed, message) + others)
        failures.add(failed_of(observed, message),
                     actual + ", but one for each recipient is enough", {}, came.right);
      else
        check = Check::pass(actual, came.right);
      continue;
    }
    if (message.sender.empty() ||
        (expectation == nullptr && refusal == nullptr && given_up_at == nullptr) ||
        (one_failed && was_delivered(observed, message)) || !requests_of(message).allow(word))
      continue;
    if (observed.caller_was_told(message)) {
      if (check.outcome == Outcome::not_applicable)
        check =
            Check::not_applicable("the command's exit status reported the failure to its caller");
      continue;
    }
    if (refusal != nullptr && came.others.empty() && notifications.may_be_about(message)) {
      if (check.outcome == Outcome::not_applicable)
        check = Check::not_applicable(
            "a notification was rejected (5xx), or a connection that may have "
            "been for one");
      continue;
    }
    std::vector<Evidence> shown;
    if (refusal != nullptr) shown.push_back(evidence(observed, *refusal));
    if (given_up_at != nullptr) shown.push_back(evidence(observed, *given_up_at));
    if (shown.empty())
      for (const Delivery& delivery : message.deliveries)
        if (!delivery.tries.empty() && observed.is_recipient_asked_of(delivery.recipient))
          shown = {evidence(observed, delivery.tries.back())};
    const std::string none = what_came(came, word, left_out);
    const std::vector<AffectedDelivery> of =
        left_out.empty() ? failed_of(observed, message) : affected(message, left_out);
    const auto* const end = observed.process_end(message);
    const bool claims = end != nullptr && end->exit_code == 0 && !end->queue &&
                        end->ended == journal::event::ProcessEnd::itself;
    const bool queues = observed.run != nullptr && observed.run->role == "queueing";
    if (claims && word == "relayed" && !queues) {
      if (check.outcome == Outcome::not_applicable)
        check =
            Check::not_applicable("the command's exit status 0 reported the success to its caller");
    } else if (claims && word != "relayed") {
      failures.add(of,
                   std::string("the command ended with status 0 although ") +
                       (refusal == nullptr
                            ? "the message was not delivered"
                            : "the server rejected the message (" + std::to_string(refusal->code) +
                                  " to " + std::string(in_words(refusal->stage)) + ")") +
                       ", and " + none,
                   {}, shown);
    } else if (observed.is_without("dsn")) {
      if (check.outcome == Outcome::not_applicable)
        check = Check::not_applicable("the sender is declared not to send notifications");
    } else if (const std::string why = hidden_why(observed);
               !why.empty() || observed.end_of_observation() != nullptr) {
      open = none + "; " +
             (why.empty() ? std::string(observed.end_of_observation_text()) + " first" : why);
    } else if (const GiveUpWait wait = waits_for_give_up(observed, message); !wait.why.empty()) {
      if (wait.open)
        open = none + "; " + wait.why;
      else if (check.outcome == Outcome::not_applicable)
        check = Check::not_applicable(none + "; " + wait.why);
    } else if (observed.under_test() || expectation != nullptr) {
      failures.add(of, none, {}, shown);
    }
  }
  if (!failures.empty()) return failures.check().expecting(expected);
  if (!open.empty() && check.outcome == Outcome::not_applicable)
    return (expectation == nullptr && !observed.under_test() ? Check{} : Check::undecided(open))
        .expecting(expected);
  return check.expecting(expected);
}

constexpr std::array notified_table = {
    Rule{{"notified",
          "A delivery status notification from <> goes to the sender's address, unless NOTIFY "
          "forbids it.",
          "RFC 5321 section 6.1 and section 3.6.3; the format: RFC 3464; NOTIFY: RFC 3461 section "
          "5.2",
          Keyword::must, Level::must, true},
         notified},
};

} // namespace

std::span<const Rule> notification_rules() {
  return notified_table;
}

} // namespace tempfail::verdict
