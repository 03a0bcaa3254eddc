// SQLite with C++ ownership: a connection, its cached statements, and transactions. Nothing of the
// queue.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace tempfail::client {

/// What SQLite could not do.
class DatabaseError : public std::runtime_error {
 public:
  DatabaseError(int code, const std::string& what) : std::runtime_error(what), code_(code) {}

  int code() const { return code_; }
  /// No room on the disk, or a write failed: worth trying again later.
  bool no_room() const;
  /// Another process holds the database for longer than the patience.
  bool busy() const;

 private:
  int code_;
};

/// A statement in use. Bind in order, then step; it is ready for its next use when this goes away.
class Statement {
 public:
  Statement(sqlite3* connection, sqlite3_stmt* handle) : connection_(connection), handle_(handle) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view value);
  Statement& bind_blob(std::string_view value);
  Statement& bind_null();
  template <typename... Values>
  Statement& with(const Values&... values) {
    (bind(values), ...);
    return *this;
  }

  /// The next row; false when there is none.
  bool step();
  /// Carries it out to the end.
  void run();

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::string text(int column) const; ///< of a text or a blob; "" for NULL

 private:
  void check(int code) const;

  sqlite3* connection_;
  sqlite3_stmt* handle_;
  int bound_ = 0;
};

/// A connection.
class Database {
 public:
  /// Opens `path`, or makes it; ":memory:" is a database of this connection's own.
  explicit Database(const std::string& path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  /// A statement of this text, compiled once. `sql` has to be a literal. Not to be used twice at
  /// once.
  Statement query(const char* sql);
  void execute(const std::string& sql);

  std::int64_t last_row() const;
  std::int64_t changes() const;
  bool in_transaction() const;
  /// Whether a commit waits for the disk (synchronous=FULL), or may be lost in a power cut (not in
  /// a crash).
  void durable(bool wanted);
  /// Takes the log over into the database as far as possible and gives its room back. Outside of transactions.
  void truncate_log();

 private:
  sqlite3* handle_ = nullptr;
  bool durable_ = true;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

/// All or nothing. Rolls back unless commit() was called.
class Transaction {
 public:
  explicit Transaction(Database& database);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

} // namespace tempfail::client
