// Which message to send, from whom and to whom: shared by `send`, `enqueue` and the sendmail mode.
#pragma once

#include "client/queue/records.hpp"

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
} // namespace CLI

namespace tempfail::client {

/// As given.
struct MessageOptions {
  std::optional<std::string> sender{}; ///< nothing: the From field's address, else this user
  std::vector<std::string> recipients{};
  bool recipients_from_header = false; ///< -t: To, Cc and Bcc; Bcc goes
  bool dot_ends = false;   ///< a line with a single dot ends the message (sendmail without -i)
  std::string full_name{}; ///< for a From field that has to be made
  std::string file = "-";
  std::string notify{};     ///< "never" or a list of success, failure, delay
  std::string dsn_return{}; ///< "full" or "hdrs"
  std::string envelope_id{};
  std::string original_recipient{}; ///< "rfc822;user@example.org"; of one recipient alone
  bool requiretls = false;          ///< RFC 8689
};

/// --to, --from, FILE and the DSN options.
void add_message_options(CLI::App& app, MessageOptions& options);

/// Reads the message and makes it ready to be queued: CRLF lines, and the fields that RFC 5322 wants. What is
/// wrong, with the options or with a message that no mail can carry, is told as a CommandError.
Submission read_submission(const MessageOptions& options);

} // namespace tempfail::client
