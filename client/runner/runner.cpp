// Begins tries when they are due, as many at once as allowed, and waits for the next one otherwise.
#include "client/runner/runner.hpp"

#include "client/queue/database.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::client {
namespace {

/// How long to wait, by the time of day, before a queue that can't be written is tried again.
constexpr double pause_seconds = 1;

std::vector<RecipientId> ids(const std::vector<QueuedRecipient>& recipients) {
  std::vector<RecipientId> result;
  result.reserve(recipients.size());
  for (const QueuedRecipient& recipient : recipients)
    result.push_back(recipient.id);
  return result;
}

} // namespace

Runner::Runner(Queue& queue, Clock& clock, Deliverer& deliverer, const Policy& policy,
               RunnerOptions options, RunnerObserver* observer)
    : queue_(queue), clock_(clock), deliverer_(deliverer), policy_(policy),
      options_(std::move(options)), observer_(observer != nullptr ? observer : &nobody_),
      hosts_(policy.suspension) {
  hosts_.on_change([this](const std::string& address, const HostRecord& record) {
    pending_hosts_[address] = record;
  });
}

Runner::~Runner() {
  for (const auto timer : {flush_timer_, due_timer_, pause_timer_})
    clock_.cancel(timer);
}

void Runner::start() {
  for (const HostCounts& host : queue_.hosts()) {
    if (host.failures_in_row == 0) continue;
    hosts_.restore(host.address, {host.failures_in_row, host.pauses, host.off_until, false});
  }
  recover();
  pump();
}

void Runner::wake() {
  pump();
}

void Runner::stop(std::function<void()> done) {
  stopping_ = true;
  stopped_ = std::move(done);
  clock_.cancel(std::exchange(due_timer_, 0));
  pump();
}

bool Runner::idle() {
  return under_way_ == 0 && pending_.empty() && !queue_.next_due();
}

void Runner::pump() {
  if (paused_) return;
  try {
    if (!flush()) return;
    if (!stopping_) {
      send_notices();
      begin_due();
      arm();
    }
  } catch (const DatabaseError& error) {
    if (!error.no_room() && !error.busy()) throw;
    pause(error.what());
    return;
  }
  if (stopping_ && under_way_ == 0 && stopped_) std::exchange(stopped_, nullptr)();
}

void Runner::begin_due() {
  if (under_way_ >= options_.max_parallel_tries) return;
  const auto messages = queue_.due(clock_.now(), options_.max_parallel_tries - under_way_);
  if (messages.empty()) return;
  // What is delivered must be recorded as delivered, whatever happens to the disk meanwhile.
  if (!queue_.set_room_aside())
    return pause("no room on the disk to record what would be delivered");
  for (const MessageId id : messages)
    begin_message(id);
}

void Runner::begin_message(MessageId id) {
  const auto message = queue_.message(id);
  auto recipients = queue_.due_recipients(id, clock_.now());
  if (!message || recipients.empty()) return;
  const auto content = queue_.content(id);
  std::vector<Recipient> addresses;
  for (const QueuedRecipient& recipient : recipients)
    addresses.push_back(recipient.recipient);
  for (const auto& group : group_by_destination(addresses, options_.settings.next_hop)) {
    std::vector<QueuedRecipient> members;
    for (const std::size_t index : group)
      members.push_back(recipients[index]);
    begin_try(*message, std::move(members), content);
  }
}

void Runner::begin_try(const QueuedMessage& message, std::vector<QueuedRecipient> recipients,
                       const std::shared_ptr<const std::string>& content) {
  queue_.begin(ids(recipients));
  Message outgoing;
  outgoing.id = std::to_string(message.id);
  outgoing.sender = message.sender;
  outgoing.content = content;
  outgoing.envelope_id = message.envelope_id;
  outgoing.dsn_return = message.dsn_return;
  outgoing.smtputf8 = message.smtputf8;
  outgoing.requiretls = message.requiretls;
  std::vector<Recipient> addresses;
  unsigned tries = 0;
  Failure last = Failure::none;
  for (const QueuedRecipient& recipient : recipients) {
    addresses.push_back(recipient.recipient);
    if (recipient.retry.tries >= tries && recipient.last) last = recipient.last->failure;
    tries = std::max(tries, recipient.retry.tries);
  }
  DeliverySettings settings = settings_for(policy_, options_.settings, tries, last);
  settings.seed =
      options_.seed ^ static_cast<std::uint64_t>(message.id) ^ (std::uint64_t{tries} << 48U);
  const auto attempt =
      std::make_shared<const Attempt>(Attempt{message, std::move(recipients), clock_.now()});
  ++under_way_;
  observer_->try_began(attempt->message, attempt->recipients);
  AttemptCallbacks callbacks;
  callbacks.committing = [this, attempt](std::span<const std::size_t> indexes, std::string_view) {
    return commit_point(*attempt, indexes);
  };
  callbacks.settled = [this, attempt](std::size_t index, const RecipientResult& result) {
    add_result(*attempt, index, result);
  };
  callbacks.finished = [this, attempt](const AttemptReport& report) { try_finished(report); };
  deliverer_.attempt(outgoing, addresses, settings, std::move(callbacks));
}

bool Runner::commit_point(const Attempt& attempt, std::span<const std::size_t> recipients) {
  std::vector<RecipientId> committing;
  for (const std::size_t index : recipients)
    committing.push_back(attempt.recipients[index].id);
  try {
    queue_.commit_point(committing);
    return true;
  } catch (const DatabaseError& error) {
    if (!error.no_room()) throw;
    // What is set aside is for the results of those that have come past this point.
    pause(error.what());
    return false; // not recorded, so it must not happen
  }
}

void Runner::try_finished(const AttemptReport& report) {
  --under_way_;
  for (const HostTry& host : report.tries) {
    observer_->connection(host);
    // A pooled connection that had died says nothing about the host.
    if (host.dead_reused_connection || host.address.empty()) continue;
    if (!host.reused) pending_connections_.push_back(host);
  }
  pump();
}

void Runner::arm() {
  clock_.cancel(std::exchange(due_timer_, 0));
  if (paused_ || stopping_ || under_way_ >= options_.max_parallel_tries)
    return; // the next finished try comes back here
  const auto next = queue_.next_due();
  if (!next) return;
  due_timer_ = clock_.schedule(*next, [this] {
    due_timer_ = 0;
    pump();
  });
}

void Runner::pause(const std::string& why) {
  if (paused_) return;
  paused_ = true;
  observer_->paused(why);
  const auto length = Duration{static_cast<Duration::rep>(pause_seconds * 1e6 * clock_.scale())};
  pause_timer_ = clock_.schedule(clock_.now() + length, [this] {
    pause_timer_ = 0;
    paused_ = false;
    pump();
    if (!paused_) observer_->resumed();
  });
}

} // namespace tempfail::client
