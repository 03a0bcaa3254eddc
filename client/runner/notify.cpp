// Tells senders what became of their messages.
#include "client/runner/runner.hpp"

#include <utility>

namespace tempfail::client {

std::optional<Moment> Runner::next_notice(const QueuedMessage& message,
                                          const QueuedRecipient& recipient, unsigned sent) const {
  if (!options_.notifications || sent >= policy_.delay_notices.size()) return std::nullopt;
  if (!notification_wanted(message.sender, recipient.recipient, DsnAction::delayed))
    return std::nullopt;
  return message.accepted + policy_.delay_notices[sent];
}

NotifiedRecipient Runner::notified(const QueuedRecipient& recipient, DsnAction action,
                                   const Status& status, const RecipientResult& last,
                                   unsigned tries, Moment last_attempt) const {
  NotifiedRecipient result;
  result.recipient = recipient.recipient;
  result.action = action;
  result.status = status;
  result.last = last;
  result.tries = tries;
  result.last_attempt = clock_.time_of_day(last_attempt);
  if (action == DsnAction::delayed) {
    result.will_retry_until = clock_.time_of_day(recipient.retry.accepted + policy_.give_up_after);
  }
  return result;
}

void Runner::notify(const QueuedMessage& about, std::vector<NotifiedRecipient> recipients,
                    Events& events) {
  if (!options_.notifications) return;
  Notification notification;
  notification.reporting_host = options_.reporting_host;
  notification.to = about.sender;
  notification.envelope_id = about.envelope_id;
  // As if RET=HDRS was said (RFC 8689 section 5).
  notification.dsn_return = about.requiretls ? DsnReturn::headers : about.dsn_return;
  notification.arrived = clock_.time_of_day(about.accepted);
  notification.now = clock_.time_of_day(clock_.now());
  notification.original = queue_.content(about.id);
  notification.message_id = std::to_string(about.id) + '.' + std::to_string(++last_notification_) +
                            '.' + std::to_string(clock_.now().time_since_epoch().count()) + '@' +
                            options_.reporting_host;
  // Failures and relays may come out of one try; a notification speaks of one of them.
  const DsnAction action = recipients.front().action;
  std::vector<NotifiedRecipient> others;
  for (NotifiedRecipient& recipient : recipients) {
    (recipient.action == action ? notification.recipients : others).push_back(std::move(recipient));
  }
  Submission submission;
  Recipient to;
  to.address = about.sender;
  to.notify = notify_never; // RFC 3461 section 6.2: never a notification about a notification
  submission.recipients.push_back(std::move(to));
  submission.content = std::make_shared<const std::string>(compose(notification));
  submission.notification = true;
  submission.requiretls = about.requiretls;
  const MessageId id = queue_.accept(submission, clock_.now());
  events.emplace_back(
      [about, id, action](RunnerObserver& observer) { observer.notified(about, id, action); });
  if (!others.empty()) notify(about, std::move(others), events);
}

void Runner::send_notices() {
  const auto due = queue_.due_notices(clock_.now());
  if (due.empty()) return;
  Events events;
  queue_.together([&] {
    std::map<MessageId, std::vector<NotifiedRecipient>> told;
    for (const QueuedRecipient& recipient : due) {
      const auto message = queue_.message(recipient.message);
      if (!message) continue;
      queue_.notice_sent(recipient.id, next_notice(*message, recipient, recipient.notices + 1));
      const RecipientResult last = recipient.last.value_or(RecipientResult{});
      told[recipient.message].push_back(notified(recipient, DsnAction::delayed, last.status, last,
                                                 recipient.retry.tries, recipient.last_ended));
    }
    for (auto& [id, recipients] : told)
      notify(*queue_.message(id), std::move(recipients), events);
  });
  for (const auto& event : events)
    event(*observer_);
}

} // namespace tempfail::client
