// The tables of a queue.
#include "client/queue/schema.hpp"

#include <sqlite3.h>

namespace tempfail::client {
namespace {

/// "tfsq": says whose file it is.
constexpr std::int64_t application_id = 0x74667371;
constexpr std::int64_t version = 2;

// Moments are microseconds of protocol time. States, fates and failures are kept by name: a file
// that a person opens explains itself, and a renumbered enumerator can't change what it says.
constexpr const char* tables = R"(
CREATE TABLE meta(
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE messages(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sender TEXT NOT NULL,
  envelope_id TEXT NOT NULL,
  dsn_return INTEGER NOT NULL,
  smtputf8 INTEGER NOT NULL,
  notification INTEGER NOT NULL,
  size INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  finished INTEGER,
  requiretls INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX messages_finished ON messages(finished) WHERE finished IS NOT NULL;

-- Apart from the messages, so that walking those does not read mail; gone when the message is finished.
CREATE TABLE contents(
  message INTEGER PRIMARY KEY REFERENCES messages(id) ON DELETE CASCADE,
  content BLOB NOT NULL
);

CREATE TABLE recipients(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message INTEGER NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
  address TEXT NOT NULL,
  original TEXT NOT NULL,
  notify INTEGER NOT NULL,
  state TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  rule_tries TEXT NOT NULL DEFAULT '',
  next_try INTEGER NOT NULL,
  notices INTEGER NOT NULL DEFAULT 0,
  next_notice INTEGER,
  in_doubt INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX recipients_message ON recipients(message);
CREATE INDEX recipients_due ON recipients(next_try) WHERE state = 'waiting';
CREATE INDEX recipients_notice ON recipients(next_notice) WHERE state = 'waiting' AND next_notice IS NOT NULL;
CREATE INDEX recipients_state ON recipients(state);

CREATE TABLE tries(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  recipient INTEGER NOT NULL REFERENCES recipients(id) ON DELETE CASCADE,
  began INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  fate TEXT NOT NULL,
  failure TEXT NOT NULL,
  stage TEXT NOT NULL,
  status TEXT NOT NULL,
  code INTEGER NOT NULL,
  text TEXT NOT NULL,
  host TEXT NOT NULL,
  address TEXT NOT NULL,
  tls TEXT NOT NULL,
  in_doubt INTEGER NOT NULL,
  replied INTEGER NOT NULL,
  relayed INTEGER NOT NULL,
  rule TEXT NOT NULL,
  decision TEXT NOT NULL
);
CREATE INDEX tries_recipient ON tries(recipient);

CREATE TABLE hosts(
  address TEXT PRIMARY KEY,
  name TEXT NOT NULL DEFAULT '',
  connections INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  failures_in_row INTEGER NOT NULL DEFAULT 0,
  pauses INTEGER NOT NULL DEFAULT 0,
  off_until INTEGER
) WITHOUT ROWID;

CREATE TABLE try_counts(
  host TEXT NOT NULL,
  status TEXT NOT NULL,
  failure TEXT NOT NULL,
  fate TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY(host, status, failure, fate)
) WITHOUT ROWID;

CREATE TABLE counters(
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;
)";

/// What a queue of version 1 lacks.
constexpr const char* since_version_1 =
    "ALTER TABLE messages ADD COLUMN requiretls INTEGER NOT NULL DEFAULT 0";

std::int64_t pragma(Database& database, const char* sql) {
  Statement statement = database.query(sql);
  statement.step();
  return statement.integer(0);
}

} // namespace

void prepare_schema(Database& database) {
  if (pragma(database, "SELECT count(*) FROM sqlite_schema") != 0) {
    if (pragma(database, "PRAGMA application_id") != application_id) {
      throw DatabaseError(SQLITE_NOTADB,
                          "is a database of something else, not a queue of tempfail-send");
    }
  }
  database.execute("PRAGMA foreign_keys=ON");
  // Write-ahead log, and every commit waits for the disk: what was accepted survives a power cut.
  database.execute("PRAGMA journal_mode=WAL");
  database.execute("PRAGMA synchronous=FULL");
  // The log is cut back after a checkpoint, so that one large message does not keep its space for
  // ever.
  database.execute("PRAGMA journal_size_limit=4194304");
  // Pages of the log after which it is taken over into the database: less than half of what is set aside (reserve.hpp).
  database.execute("PRAGMA wal_autocheckpoint=100");
  // What is deleted is overwritten where that takes no further page: else the end of a delivery would write as much as
  // its message is long.
  database.execute("PRAGMA secure_delete=FAST");
  Transaction transaction{database};
  // Asked inside the transaction: two processes may be making the same queue.
  const std::int64_t found = pragma(database, "PRAGMA user_version");
  if (found > version) {
    throw DatabaseError(SQLITE_SCHEMA, "is a queue of a later version of tempfail-send");
  }
  if (found == 0) {
    database.execute(tables);
    database.execute("PRAGMA application_id=" + std::to_string(application_id));
  } else if (found == 1) {
    database.execute(since_version_1);
  }
  if (found != version) {
    database.execute("PRAGMA user_version=" + std::to_string(version));
  }
  transaction.commit();
}

} // namespace tempfail::client
