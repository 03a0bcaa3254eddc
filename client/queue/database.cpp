// SQLite with C++ ownership.
#include "client/queue/database.hpp"

#include <sqlite3.h>

#include <cassert>

namespace tempfail::client {
namespace {

/// How long a statement waits for another process that is writing.
constexpr int patience_ms = 30'000;

[[noreturn]] void fail(sqlite3* connection, int code) {
  const int detailed = connection != nullptr ? sqlite3_extended_errcode(connection) : code;
  std::string text = connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  throw DatabaseError(detailed == SQLITE_OK ? code : detailed, text);
}

} // namespace

bool DatabaseError::no_room() const {
  const int primary = code_ & 0xff;
  return primary == SQLITE_FULL || primary == SQLITE_IOERR;
}

bool DatabaseError::busy() const {
  return (code_ & 0xff) == SQLITE_BUSY || (code_ & 0xff) == SQLITE_LOCKED;
}

Statement::~Statement() {
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) fail(connection_, code);
}

Statement& Statement::bind(std::int64_t value) {
  check(sqlite3_bind_int64(handle_, ++bound_, value));
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  // A view without memory would be NULL to SQLite, and an empty address is not an unknown one.
  const char* data = value.data() != nullptr ? value.data() : "";
  check(sqlite3_bind_text64(handle_, ++bound_, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_blob(std::string_view value) {
  const char* data = value.data() != nullptr ? value.data() : "";
  // Not copied: a message is large, and the caller keeps it until the statement is done.
  check(sqlite3_bind_blob64(handle_, ++bound_, data, value.size(), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind_null() {
  check(sqlite3_bind_null(handle_, ++bound_));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(connection_, code);
  return false;
}

void Statement::run() {
  while (step()) {
  }
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

std::string Statement::text(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_, column));
  const int size = sqlite3_column_bytes(handle_, column);
  return data != nullptr ? std::string(data, static_cast<std::size_t>(size)) : std::string{};
}

Database::Database(const std::string& path) {
  const int code =
      sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  if (code != SQLITE_OK) {
    const std::string text = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    sqlite3_close(handle_);
    throw DatabaseError(code, path + ": " + text);
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, patience_ms);
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_)
    sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Statement Database::query(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    const int code =
        sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) fail(handle_, code);
  }
  assert(sqlite3_stmt_busy(statement) == 0);
  return {handle_, statement};
}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(handle_, code);
}

std::int64_t Database::last_row() const {
  return sqlite3_last_insert_rowid(handle_);
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(handle_);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

void Database::durable(bool wanted) {
  if (durable_ == wanted) return;
  execute(wanted ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
  durable_ = wanted;
}

void Database::truncate_log() {
  // A reader or writer of another process is not waited for: what it holds up is a part of the gain.
  sqlite3_busy_timeout(handle_, 0);
  sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(handle_, patience_ms);
}

Transaction::Transaction(Database& database) : database_(database) {
  // IMMEDIATE: a transaction that is going to write waits for others at its start, where waiting is
  // possible.
  database_.query("BEGIN IMMEDIATE").run();
}

Transaction::~Transaction() {
  // Some errors (a full disk among them) have rolled it back already.
  if (!open_ || !database_.in_transaction()) return;
  try {
    database_.query("ROLLBACK").run();
  } catch (const DatabaseError&) {
    // The connection is as good as dead; the next statement will say so.
  }
}

void Transaction::commit() {
  database_.query("COMMIT").run();
  open_ = false;
}

} // namespace tempfail::client
