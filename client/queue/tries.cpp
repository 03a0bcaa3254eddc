// A try's way through the queue: begun, at its commit point, settled; or cut off by a crash.
#include "client/queue/queue.hpp"
#include "client/queue/statements.hpp"

#include <utility>

namespace tempfail::client {
namespace {

std::string tls_text(const TlsState& tls) {
  if (!tls.used) return "none";
  return tls.version + ' ' + tls.cipher + (tls.verified ? " verified" : " unverified");
}

} // namespace

void Queue::begin(std::span<const RecipientId> recipients) {
  // Without waiting for the disk: after a crash it is in the system's memory, and after a power cut
  // they simply still wait.
  database_->durable(false);
  try {
    together([&] {
      for (const RecipientId id : recipients) {
        database_
            ->query("UPDATE recipients SET state = 'trying' WHERE id = ? AND state = 'waiting'")
            .bind(id)
            .run();
      }
    });
  } catch (...) {
    database_->durable(true);
    throw;
  }
  database_->durable(true);
}

void Queue::postpone(std::span<const RecipientId> recipients, Moment next) {
  together([&] {
    for (const RecipientId id : recipients) {
      database_->query("UPDATE recipients SET state = 'waiting', next_try = ? WHERE id = ?")
          .with(stored(next), id)
          .run();
    }
  });
}

void Queue::commit_point(std::span<const RecipientId> recipients) {
  together([&] {
    for (const RecipientId id : recipients) {
      database_->query("UPDATE recipients SET state = 'committing' WHERE id = ?").bind(id).run();
    }
  });
}

void Queue::settle(const TryRecord& record, RecipientState state, const RetryState& retry,
                   Moment next, std::optional<Moment> next_notice) {
  const RecipientResult& result = record.result;
  together([&] {
    database_
        ->query("INSERT INTO tries(recipient, began, ended, fate, failure, stage, status, code, "
                "text, host, address, "
                "tls, in_doubt, replied, relayed, rule, decision) "
                "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .with(record.recipient, stored(record.began), stored(record.ended), name(result.fate),
              name(result.failure), name(result.stage), result.status.text(),
              std::int64_t{result.code}, result.text, result.host, result.address,
              tls_text(result.tls), std::int64_t{result.in_doubt}, std::int64_t{result.replied},
              std::int64_t{result.dsn_relayed}, record.rule, record.decision)
        .run();
    auto update = database_->query(
        "UPDATE recipients SET state = ?, tries = ?, rule_tries = ?, next_try = ?, "
        "in_doubt = in_doubt + ?, next_notice = ? WHERE id = ?");
    update.with(name(state), std::int64_t{retry.tries}, rule_tries_text(retry.rule_tries),
                stored(next), std::int64_t{result.in_doubt});
    if (next_notice) {
      update.bind(stored(*next_notice));
    } else {
      update.bind_null();
    }
    update.bind(record.recipient).run();
    if (result.in_doubt) count("in_doubt");
    database_
        ->query("INSERT INTO try_counts(host, status, failure, fate, count) VALUES(?, ?, ?, ?, 1) "
                "ON CONFLICT(host, status, failure, fate) DO UPDATE SET count = count + 1")
        .with(result.host, result.status.text(), name(result.failure), name(result.fate))
        .run();
  });
}

bool Queue::finish_if_settled(MessageId message, Moment now) {
  bool finished = false;
  together([&] {
    database_
        ->query("UPDATE messages SET finished = ? WHERE id = ? AND finished IS NULL AND NOT "
                "EXISTS(SELECT 1 FROM "
                "recipients WHERE message = messages.id AND state NOT IN ('delivered', 'failed', "
                "'removed'))")
        .with(stored(now), message)
        .run();
    finished = database_->changes() != 0;
    if (finished) database_->query("DELETE FROM contents WHERE message = ?").bind(message).run();
  });
  return finished;
}

std::vector<QueuedRecipient> Queue::recover() {
  std::vector<QueuedRecipient> in_doubt;
  together_at_last([&] {
    database_->query("UPDATE recipients SET state = 'waiting' WHERE state = 'trying'").run();
    count("tries_cut_off", static_cast<std::uint64_t>(database_->changes()));
    auto statement =
        database_->query(TEMPFAIL_RECIPIENT_COLUMNS "WHERE r.state = 'committing' ORDER BY r.id");
    in_doubt = read_recipients(statement);
  });
  return in_doubt;
}

void Queue::purge(Moment finished_before) {
  database_->query("DELETE FROM messages WHERE finished < ?").bind(stored(finished_before)).run();
}

void Queue::count_connection(std::string_view address, std::string_view name, bool usable) {
  database_
      ->query("INSERT INTO hosts(address, name, connections, failed) VALUES(?, ?, 1, ?) ON "
              "CONFLICT(address) DO "
              "UPDATE SET name = excluded.name, connections = connections + 1, failed = failed + "
              "excluded.failed")
      .with(address, name, std::int64_t{!usable})
      .run();
}

void Queue::keep_host(const HostCounts& host) {
  auto statement = database_->query("INSERT INTO hosts(address, failures_in_row, pauses, "
                                    "off_until) VALUES(?, ?, ?, ?) ON CONFLICT(address) DO UPDATE "
                                    "SET failures_in_row = excluded.failures_in_row, pauses = "
                                    "excluded.pauses, off_until = excluded.off_until");
  statement.with(host.address, std::int64_t{host.failures_in_row}, std::int64_t{host.pauses});
  if (host.off_until) {
    statement.bind(stored(*host.off_until));
  } else {
    statement.bind_null();
  }
  statement.run();
}

void Queue::count(std::string_view counter, std::uint64_t by) {
  if (by == 0) return;
  database_
      ->query("INSERT INTO counters(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET "
              "value = value + "
              "excluded.value")
      .with(counter, static_cast<std::int64_t>(by))
      .run();
}

} // namespace tempfail::client
