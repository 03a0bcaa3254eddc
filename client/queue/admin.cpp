// Looking into the queue, and changing it by hand.
#include "client/queue/queue.hpp"
#include "client/queue/statements.hpp"

namespace tempfail::client {

QueuedMessage read_message(const Statement& row) {
  QueuedMessage message;
  message.id = row.integer(0);
  message.sender = row.text(1);
  message.envelope_id = row.text(2);
  message.dsn_return = static_cast<DsnReturn>(row.integer(3));
  message.smtputf8 = row.integer(4) != 0;
  message.notification = row.integer(5) != 0;
  message.size_bytes = static_cast<std::uint64_t>(row.integer(6));
  message.accepted = moment(row.integer(7));
  if (!row.is_null(8)) message.finished = moment(row.integer(8));
  message.requiretls = row.integer(9) != 0;
  return message;
}

std::vector<QueuedMessage> Queue::messages(bool finished_too, std::size_t most) {
  auto statement =
      database_->query(TEMPFAIL_MESSAGE_COLUMNS "WHERE finished IS NULL OR ? ORDER BY id LIMIT ?");
  statement.with(std::int64_t{finished_too}, static_cast<std::int64_t>(most));
  std::vector<QueuedMessage> messages;
  while (statement.step())
    messages.push_back(read_message(statement));
  return messages;
}

std::optional<QueuedMessage> Queue::message(MessageId message) {
  auto statement = database_->query(TEMPFAIL_MESSAGE_COLUMNS "WHERE id = ?");
  if (!statement.bind(message).step()) return std::nullopt;
  return read_message(statement);
}

std::vector<QueuedRecipient> Queue::recipients(MessageId message) {
  auto statement = database_->query(TEMPFAIL_RECIPIENT_COLUMNS "WHERE r.message = ? ORDER BY r.id");
  statement.bind(message);
  return read_recipients(statement);
}

std::vector<TryRecord> Queue::tries(RecipientId recipient) {
  auto statement = database_->query("SELECT began, ended, rule, decision, fate, failure, stage, "
                                    "status, code, text, host, address, in_doubt, "
                                    "replied, relayed FROM tries WHERE recipient = ? ORDER BY id");
  statement.bind(recipient);
  std::vector<TryRecord> tries;
  while (statement.step()) {
    TryRecord record;
    record.recipient = recipient;
    record.began = moment(statement.integer(0));
    record.ended = moment(statement.integer(1));
    record.rule = statement.text(2);
    record.decision = statement.text(3);
    record.result = read_result(statement, 4);
    tries.push_back(std::move(record));
  }
  return tries;
}

std::size_t Queue::retry_now(MessageId message, Moment now) {
  database_
      ->query("UPDATE recipients SET state = 'waiting', next_try = ? WHERE message = ? AND state "
              "IN ('waiting', 'held')")
      .with(stored(now), message)
      .run();
  return static_cast<std::size_t>(database_->changes());
}

std::size_t Queue::remove(MessageId message, Moment now) {
  std::size_t removed = 0;
  together_at_last([&] {
    database_
        ->query("UPDATE recipients SET state = 'removed' WHERE message = ? AND state IN "
                "('waiting', 'held')")
        .bind(message)
        .run();
    removed = static_cast<std::size_t>(database_->changes());
    count("recipients_removed", removed);
    finish_if_settled(message, now);
  });
  return removed;
}

std::map<RecipientState, std::uint64_t> Queue::states() {
  auto statement = database_->query(
      "SELECT state, count(*) FROM recipients WHERE state IN ('waiting', 'trying', "
      "'committing', 'held') GROUP BY state");
  std::map<RecipientState, std::uint64_t> states;
  while (statement.step()) {
    const auto state = recipient_state_from_name(statement.text(0));
    if (state) states[*state] = static_cast<std::uint64_t>(statement.integer(1));
  }
  return states;
}

std::optional<Moment> Queue::oldest_waiting() {
  auto statement = database_->query("SELECT min(accepted) FROM messages WHERE finished IS NULL");
  if (!statement.step() || statement.is_null(0)) return std::nullopt;
  return moment(statement.integer(0));
}

std::vector<Moment> Queue::schedule(std::size_t most) {
  auto statement = database_->query(
      "SELECT next_try FROM recipients WHERE state = 'waiting' ORDER BY next_try LIMIT ?");
  statement.bind(static_cast<std::int64_t>(most));
  std::vector<Moment> moments;
  while (statement.step())
    moments.push_back(moment(statement.integer(0)));
  return moments;
}

std::map<unsigned, std::uint64_t> Queue::retry_counts() {
  auto statement = database_->query(
      "SELECT tries, count(*) FROM recipients WHERE state IN ('waiting', 'trying', "
      "'committing', 'held') GROUP BY tries");
  std::map<unsigned, std::uint64_t> counts;
  while (statement.step()) {
    counts[static_cast<unsigned>(statement.integer(0))] =
        static_cast<std::uint64_t>(statement.integer(1));
  }
  return counts;
}

std::vector<TryCounts> Queue::try_counts() {
  auto statement = database_->query(
      "SELECT host, status, failure, fate, count FROM try_counts ORDER BY 1, 2, 3, 4");
  std::vector<TryCounts> counts;
  while (statement.step()) {
    counts.push_back({statement.text(0), statement.text(1), statement.text(2), statement.text(3),
                      static_cast<std::uint64_t>(statement.integer(4))});
  }
  return counts;
}

std::vector<HostCounts> Queue::hosts() {
  auto statement = database_->query("SELECT address, name, connections, failed, failures_in_row, "
                                    "pauses, off_until FROM hosts ORDER BY address");
  std::vector<HostCounts> hosts;
  while (statement.step()) {
    HostCounts host;
    host.address = statement.text(0);
    host.name = statement.text(1);
    host.connections = static_cast<std::uint64_t>(statement.integer(2));
    host.failed = static_cast<std::uint64_t>(statement.integer(3));
    host.failures_in_row = static_cast<unsigned>(statement.integer(4));
    host.pauses = static_cast<unsigned>(statement.integer(5));
    if (!statement.is_null(6)) host.off_until = moment(statement.integer(6));
    hosts.push_back(std::move(host));
  }
  return hosts;
}

std::map<std::string, std::uint64_t> Queue::counters() {
  auto statement = database_->query("SELECT name, value FROM counters");
  std::map<std::string, std::uint64_t> counters;
  while (statement.step()) {
    counters[statement.text(0)] = static_cast<std::uint64_t>(statement.integer(1));
  }
  return counters;
}

} // namespace tempfail::client
