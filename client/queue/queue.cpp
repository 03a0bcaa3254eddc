// Opening a queue, transactions, and what is due.
#include "client/queue/queue.hpp"

#include "client/queue/file_system.hpp"
#include "client/queue/schema.hpp"
#include "client/queue/statements.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <system_error>

namespace tempfail::client {

QueuedRecipient read_recipient(const Statement& row) {
  QueuedRecipient recipient;
  recipient.id = row.integer(0);
  recipient.message = row.integer(1);
  recipient.recipient.address = row.text(2);
  recipient.recipient.original_recipient = row.text(3);
  recipient.recipient.notify = static_cast<std::uint8_t>(row.integer(4));
  recipient.state = recipient_state_from_name(row.text(5)).value_or(RecipientState::held);
  recipient.retry.tries = static_cast<unsigned>(row.integer(6));
  recipient.retry.rule_tries = parse_rule_tries(row.text(7));
  recipient.next_try = moment(row.integer(8));
  recipient.notices = static_cast<unsigned>(row.integer(9));
  recipient.in_doubt = static_cast<unsigned>(row.integer(10));
  recipient.retry.accepted = moment(row.integer(11));
  if (!row.is_null(12)) {
    recipient.last = read_result(row, 12);
    recipient.last_ended = moment(row.integer(23));
  }
  return recipient;
}

std::vector<QueuedRecipient> read_recipients(Statement& statement) {
  std::vector<QueuedRecipient> recipients;
  while (statement.step())
    recipients.push_back(read_recipient(statement));
  return recipients;
}

RecipientResult read_result(const Statement& row, int first) {
  RecipientResult result;
  result.fate = fate_from_name(row.text(first)).value_or(Fate::transient);
  result.failure = failure_from_name(row.text(first + 1)).value_or(Failure::local);
  result.stage = stage_from_name(row.text(first + 2)).value_or(Stage::resolve);
  result.status = Status::parse(row.text(first + 3)).value_or(Status{});
  result.code = static_cast<std::uint16_t>(row.integer(first + 4));
  result.text = row.text(first + 5);
  result.host = row.text(first + 6);
  result.address = row.text(first + 7);
  result.in_doubt = row.integer(first + 8) != 0;
  result.replied = row.integer(first + 9) != 0;
  result.dsn_relayed = row.integer(first + 10) != 0;
  return result;
}

Queue::Queue(const std::filesystem::path& folder) : folder_(folder), reserve_(folder) {
  if (!folder_.empty()) {
    std::filesystem::create_directories(folder_);
    if (const std::string type = shared_file_system_of(folder_); !type.empty())
      throw SharedFileSystem(folder_.string() +
                             " is on a file system that other machines may use at the same time (" +
                             type +
                             "); allowed: a "
                             "directory on a local disk");
    // Mail is private; an existing folder's mode is its owner's business.
    if (std::filesystem::is_empty(folder_)) ::chmod(folder_.c_str(), 0700);
  }
  try {
    open();
  } catch (const DatabaseError& error) {
    if (!error.no_room()) throw;
    reserve_.release(); // SQLite makes a file of its own before anything can be read
    open();
  }
  changed_elsewhere();
}

void Queue::open() {
  const std::string path = folder_.empty() ? ":memory:" : (folder_ / "queue.db").string();
  database_ = std::make_unique<Database>(path);
  try {
    prepare_schema(*database_);
  } catch (const DatabaseError& error) {
    throw DatabaseError(error.code(), path + ' ' + error.what());
  }
  if (!folder_.empty()) ::chmod(path.c_str(), 0600);
}

Queue::~Queue() = default;

void Queue::together(const std::function<void()>& work) {
  if (database_->in_transaction()) return work();
  Transaction transaction{*database_};
  work();
  transaction.commit();
}

void Queue::together_at_last(const std::function<void()>& work) {
  const bool outermost = !database_->in_transaction();
  try {
    together(work);
  } catch (const DatabaseError& error) {
    if (!outermost || !error.no_room()) throw;
    use_room_set_aside();
    together(work);
  }
}

void Queue::use_room_set_aside() {
  reserve_.release();
  database_->truncate_log();
}

bool Queue::changed_elsewhere() {
  Statement statement = database_->query("PRAGMA data_version");
  statement.step();
  const std::int64_t version = statement.integer(0);
  const bool changed = version != data_version_;
  data_version_ = version;
  return changed;
}

int Queue::synchronous() {
  Statement statement = database_->query("PRAGMA synchronous");
  statement.step();
  return static_cast<int>(statement.integer(0));
}

void Queue::announce() {
  if (folder_.empty()) return;
  const int file = ::open((folder_ / "changed").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return; // the watcher looks again by itself, a little later
  static_cast<void>(::futimens(file, nullptr));
  ::close(file);
}

std::vector<MessageId> Queue::due(Moment now, std::size_t most) {
  // The index holds the waiting in the order of their next try: this stops after `most` messages.
  auto statement =
      database_->query("SELECT DISTINCT message FROM (SELECT message FROM recipients WHERE "
                       "state = 'waiting' AND next_try <= ? ORDER BY next_try, id) LIMIT ?");
  statement.with(stored(now), static_cast<std::int64_t>(most));
  std::vector<MessageId> messages;
  while (statement.step())
    messages.push_back(statement.integer(0));
  return messages;
}

std::vector<QueuedRecipient> Queue::due_recipients(MessageId message, Moment now) {
  auto statement = database_->query(
      TEMPFAIL_RECIPIENT_COLUMNS
      "WHERE r.message = ? AND r.state = 'waiting' AND r.next_try <= ? ORDER BY r.id");
  statement.with(message, stored(now));
  return read_recipients(statement);
}

std::optional<Moment> Queue::next_due() {
  auto statement = database_->query(
      "SELECT min(at) FROM (SELECT min(next_try) AS at FROM recipients WHERE state = 'waiting' "
      "UNION ALL SELECT min(next_notice) FROM recipients WHERE state = 'waiting' AND next_notice "
      "IS NOT NULL)");
  if (!statement.step() || statement.is_null(0)) return std::nullopt;
  return moment(statement.integer(0));
}

std::vector<QueuedRecipient> Queue::due_notices(Moment now) {
  auto statement =
      database_->query(TEMPFAIL_RECIPIENT_COLUMNS
                       "WHERE r.state = 'waiting' AND r.next_notice <= ? ORDER BY r.message, r.id");
  statement.with(stored(now));
  return read_recipients(statement);
}

void Queue::notice_sent(RecipientId recipient, std::optional<Moment> next) {
  auto statement =
      database_->query("UPDATE recipients SET notices = notices + 1, next_notice = ? WHERE id = ?");
  if (next) {
    statement.bind(stored(*next));
  } else {
    statement.bind_null();
  }
  statement.bind(recipient).run();
}

Moment Queue::newest() {
  auto statement = database_->query(
      "SELECT max(ifnull((SELECT accepted FROM messages ORDER BY id DESC LIMIT 1), 0), "
      "ifnull((SELECT ended FROM tries ORDER BY id DESC LIMIT 1), 0))");
  statement.step();
  return moment(statement.integer(0));
}

std::optional<std::string> Queue::meta(std::string_view key) {
  auto statement = database_->query("SELECT value FROM meta WHERE key = ?");
  if (!statement.bind(key).step()) return std::nullopt;
  return statement.text(0);
}

void Queue::set_meta(std::string_view key, std::string_view value) {
  database_
      ->query("INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = "
              "excluded.value")
      .with(key, value)
      .run();
}

ClockOrigin clock_origin(Queue& queue, std::optional<double> scale) {
  ClockOrigin origin;
  queue.together_at_last([&] {
    const Moment today = read_time_of_day();
    const auto number = [&queue](const char* key) -> std::optional<double> {
      const auto text = queue.meta(key);
      double value = 0;
      if (!text ||
          std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{}) {
        return std::nullopt;
      }
      return value;
    };
    const auto kept_day = number("clock_time_of_day_us");
    const auto kept_protocol = number("clock_protocol_us");
    const auto kept_scale = number("clock_scale");
    const bool known = kept_day && kept_protocol && kept_scale;
    origin = known ? ClockOrigin{moment(static_cast<std::int64_t>(*kept_day)),
                                 moment(static_cast<std::int64_t>(*kept_protocol)), *kept_scale}
                   : ClockOrigin{today, today, scale.value_or(1)};
    // The time of day was set back: what the queue has seen is in the past all the same.
    const Moment newest = queue.newest();
    const bool set_back = known && newest > origin.protocol_at(today);
    if (set_back) origin = {today, newest, origin.scale};
    if (known && !set_back && (!scale || *scale == origin.scale)) return;
    if (known && scale) origin = origin.rescaled(*scale, today);
    queue.set_meta("clock_time_of_day_us", std::to_string(stored(origin.time_of_day)));
    queue.set_meta("clock_protocol_us", std::to_string(stored(origin.protocol)));
    queue.set_meta("clock_scale", std::to_string(origin.scale));
  });
  return origin;
}

} // namespace tempfail::client
