// Reading rows of the queue's tables: shared by the files that implement it.
#pragma once

#include "client/queue/database.hpp"
#include "client/queue/records.hpp"

namespace tempfail::client {

inline std::int64_t stored(Moment at) {
  return at.time_since_epoch().count();
}
inline Moment moment(std::int64_t value) {
  return Moment{Duration{value}};
}

/// The columns read_recipient() wants, of `recipients r JOIN messages m` and the latest try.
#define TEMPFAIL_RECIPIENT_COLUMNS                                                                 \
  "SELECT r.id, r.message, r.address, r.original, r.notify, r.state, r.tries, r.rule_tries, "      \
  "r.next_try, r.notices, r.in_doubt, m.accepted, t.fate, t.failure, t.stage, t.status, t.code, "  \
  "t.text, t.host, t.address, t.in_doubt, t.replied, t.relayed, t.ended FROM recipients r "        \
  "JOIN messages m ON m.id = r.message LEFT JOIN tries t ON t.id = "                               \
  "(SELECT max(id) FROM tries WHERE recipient = r.id) "

QueuedRecipient read_recipient(const Statement& row);
std::vector<QueuedRecipient> read_recipients(Statement& statement);
/// The columns fate … relayed from `first` on, in the order above.
RecipientResult read_result(const Statement& row, int first);

#define TEMPFAIL_MESSAGE_COLUMNS                                                                   \
  "SELECT id, sender, envelope_id, dsn_return, smtputf8, notification, size, accepted, finished, " \
  "requiretls FROM messages "
QueuedMessage read_message(const Statement& row);

} // namespace tempfail::client
