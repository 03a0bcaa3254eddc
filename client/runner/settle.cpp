// Keeps what comes of tries. Results that arrive together are kept together, with the notifications they give
// rise to: one transaction, so that neither is ever without the other.
#include "client/queue/database.hpp"
#include "client/runner/runner.hpp"

#include <utility>

namespace tempfail::client {
namespace {

std::uint64_t seed_for(std::uint64_t seed, MessageId message) {
  return seed ^ (static_cast<std::uint64_t>(message) * 0x9e3779b97f4a7c15U);
}

/// How long a destination waits whose hosts are all off the list, when none of them says until when.
constexpr Duration host_off_wait = std::chrono::minutes(30);

bool is_delivery(const RecipientResult& result) {
  return result.fate == Fate::delivered && result.failure != Failure::host_off;
}

} // namespace

void Runner::recover() {
  for (const QueuedRecipient& recipient : queue_.recover()) {
    const auto message = queue_.message(recipient.message);
    if (!message) continue;
    Pending pending{*message, recipient, {}};
    pending.record.recipient = recipient.id;
    pending.record.began = pending.record.ended = clock_.now();
    RecipientResult& result = pending.record.result;
    result.fate = Fate::transient;
    result.failure = Failure::dropped;
    result.stage = Stage::message;
    result.status = induced_status(Failure::dropped, Fate::transient);
    result.text =
        "this system stopped after the end of the message and before its reply was recorded";
    result.in_doubt = true;
    pending_.push_back(std::move(pending));
  }
}

void Runner::add_result(const Attempt& attempt, std::size_t index, const RecipientResult& result) {
  const QueuedRecipient& recipient = attempt.recipients[index];
  pending_.push_back(
      {attempt.message, recipient, {recipient.id, attempt.began, clock_.now(), result, {}, {}}});
  if (flush_timer_ != 0) return;
  // In the same turn of the loop, after the results that came with this one.
  flush_timer_ = clock_.schedule(clock_.now(), [this] {
    flush_timer_ = 0;
    pump();
  });
}

bool Runner::flush() {
  if (pending_.empty() && pending_connections_.empty() && pending_hosts_.empty()) return true;
  // On a full disk the room that is set aside is used; if that is too little, for deliveries before all else: a try
  // that failed is just made again when it is forgotten, a message that was delivered is not.
  struct Way {
    bool room_set_aside;
    Keep which;
  };
  for (const Way way : {Way{false, Keep::all}, Way{true, Keep::all}, Way{true, Keep::deliveries}}) {
    Events events;
    try {
      if (way.room_set_aside) queue_.use_room_set_aside();
      queue_.together([&] { keep_all(way.which, events); });
    } catch (const DatabaseError& error) {
      if (!error.no_room() && !error.busy()) throw;
      if (way.which == Keep::deliveries || error.busy()) {
        pause(error.what());
        return false;
      }
      continue;
    }
    forget_kept(way.which);
    for (const auto& event : events)
      event(*observer_);
    if (pending_.empty()) return true;
    pause("no room on the disk for the results of tries that failed");
    return false;
  }
  return false;
}

void Runner::forget_kept(Keep which) {
  if (which == Keep::deliveries) {
    std::erase_if(pending_,
                  [](const Pending& pending) { return is_delivery(pending.record.result); });
    return;
  }
  pending_.clear();
  pending_connections_.clear();
  for (const auto& [address, record] : std::exchange(pending_hosts_, {}))
    observer_->host_changed(address, record);
}

void Runner::keep_all(Keep which, Events& events) {
  std::map<MessageId, std::vector<NotifiedRecipient>> told;
  std::map<MessageId, QueuedMessage> messages;
  for (const Pending& pending : pending_) {
    if (which == Keep::deliveries && !is_delivery(pending.record.result)) continue;
    keep(pending, told, events);
    messages.try_emplace(pending.message.id, pending.message);
  }
  for (auto& [id, recipients] : told)
    notify(messages.at(id), std::move(recipients), events);
  for (auto& [id, message] : messages) {
    if (!queue_.finish_if_settled(id, clock_.now())) continue;
    events.emplace_back(
        [message = message](RunnerObserver& observer) { observer.finished(message); });
  }
  if (which == Keep::deliveries) return;
  for (const HostTry& host : pending_connections_) {
    queue_.count_connection(host.address, host.host, host.failure == Failure::none);
  }
  for (const auto& [address, record] : pending_hosts_) {
    queue_.keep_host({address, {}, 0, 0, record.failures_in_row, record.pauses, record.off_until});
  }
  if (clock_.now() - last_purge_ > std::chrono::hours(1)) {
    queue_.purge(clock_.now() - options_.keep_finished);
    last_purge_ = clock_.now();
  }
}

void Runner::keep(const Pending& pending, std::map<MessageId, std::vector<NotifiedRecipient>>& told,
                  Events& events) {
  const QueuedRecipient& recipient = pending.recipient;
  const RecipientResult& result = pending.record.result;
  if (result.failure == Failure::host_off) {
    // Not a try: nobody was asked.
    const Moment until = std::max(clock_.now() + std::chrono::seconds(1),
                                  hosts_.next_probe().value_or(clock_.now() + host_off_wait));
    const RecipientId id = recipient.id;
    queue_.postpone({&id, 1}, until);
    events.emplace_back(
        [recipient, until](RunnerObserver& observer) { observer.postponed(recipient, until); });
    return;
  }
  if (result.fate != Fate::delivered) return keep_failure(pending, told, events);
  RetryState retry = recipient.retry;
  ++retry.tries;
  queue_.settle(pending.record, RecipientState::delivered, retry, pending.record.ended,
                std::nullopt);
  if (!result.dsn_relayed &&
      notification_wanted(pending.message.sender, recipient.recipient, DsnAction::relayed)) {
    told[pending.message.id].push_back(notified(recipient, DsnAction::relayed, result.status,
                                                result, retry.tries, pending.record.ended));
  }
  events.emplace_back(
      [message = pending.message, recipient, record = pending.record](RunnerObserver& observer) {
        observer.try_ended(message, recipient, record, RecipientState::delivered, record.ended);
      });
}

void Runner::keep_failure(const Pending& pending,
                          std::map<MessageId, std::vector<NotifiedRecipient>>& told,
                          Events& events) {
  const QueuedRecipient& recipient = pending.recipient;
  TryRecord record = pending.record;
  RetryState retry = recipient.retry;
  ++retry.tries;
  const Decision decision = options_.decide_failure(policy_, retry, record.result, record.ended,
                                                    seed_for(options_.seed, pending.message.id));
  record.rule = decision.rule;
  record.decision = decision.why;
  RecipientState state = decision.retry ? RecipientState::waiting : RecipientState::failed;
  if (record.result.in_doubt && decision.retry && policy_.in_doubt == InDoubt::hold) {
    state = RecipientState::held;
    record.decision = "in doubt: held until a person decides";
  }
  const Moment next = decision.retry ? decision.next : record.ended;
  queue_.settle(record, state, retry, next,
                next_notice(pending.message, recipient, recipient.notices));
  if (state == RecipientState::failed &&
      notification_wanted(pending.message.sender, recipient.recipient, DsnAction::failed)) {
    told[pending.message.id].push_back(notified(recipient, DsnAction::failed, decision.report,
                                                record.result, retry.tries, record.ended));
  }
  events.emplace_back(
      [message = pending.message, recipient, record, state, next](RunnerObserver& observer) {
        observer.try_ended(message, recipient, record, state, next);
      });
}

} // namespace tempfail::client
