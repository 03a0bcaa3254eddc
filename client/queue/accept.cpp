// Taking mail into the queue, and reading it back.
#include "client/queue/queue.hpp"
#include "client/queue/statements.hpp"

#include <sqlite3.h>

#include <cassert>

namespace tempfail::client {

MessageId Queue::accept(const Submission& submission, Moment now) {
  assert(!submission.recipients.empty() && submission.content != nullptr);
  MessageId id = 0;
  together([&] {
    if (!submission.notification) leave_room_for(submission);
    database_
        ->query("INSERT INTO messages(sender, envelope_id, dsn_return, smtputf8, notification, "
                "size, accepted, requiretls) "
                "VALUES(?, ?, ?, ?, ?, ?, ?, ?)")
        .with(submission.sender, submission.envelope_id,
              static_cast<std::int64_t>(submission.dsn_return), std::int64_t{submission.smtputf8},
              std::int64_t{submission.notification},
              static_cast<std::int64_t>(submission.content->size()), stored(now),
              std::int64_t{submission.requiretls})
        .run();
    id = database_->last_row();
    database_->query("INSERT INTO contents(message, content) VALUES(?, ?)")
        .bind(id)
        .bind_blob(*submission.content)
        .run();
    for (const Recipient& recipient : submission.recipients) {
      database_
          ->query("INSERT INTO recipients(message, address, original, notify, state, next_try) "
                  "VALUES(?, ?, ?, ?, 'waiting', ?)")
          .with(id, recipient.address, recipient.original_recipient, std::int64_t{recipient.notify},
                stored(now))
          .run();
    }
    count(submission.notification ? "notifications_queued" : "messages_accepted");
  });
  return id;
}

/// Inside of the transaction, where no other process takes mail in: a queue that is filled to the brim can be emptied.
void Queue::leave_room_for(const Submission& submission) {
  // The log has the message first, then the database.
  const std::uint64_t needed = 2 * std::uint64_t{submission.content->size()} + Reserve::size;
  if (!reserve_.fill() || reserve_.free_room() < needed)
    throw DatabaseError(SQLITE_FULL,
                        "the disk is full: there is no room for the message and its delivery");
}

std::shared_ptr<const std::string> Queue::content(MessageId message) {
  auto statement = database_->query("SELECT content FROM contents WHERE message = ?");
  if (!statement.bind(message).step()) return nullptr;
  return std::make_shared<const std::string>(statement.text(0));
}

} // namespace tempfail::client
