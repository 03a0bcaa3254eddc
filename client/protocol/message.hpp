// A message with its envelope.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace tempfail::client {

/// RFC 3461 NOTIFY, as bits. 0: not given, which means "failure" and perhaps "delay".
enum Notify : std::uint8_t {
  notify_default = 0,
  notify_never = 1,
  notify_success = 2,
  notify_failure = 4,
  notify_delay = 8,
};

/// One recipient with its RFC 3461 parameters.
struct Recipient {
  std::string address{};                ///< "user@example.org", without angle brackets
  std::uint8_t notify = notify_default; ///< bits of Notify
  /// ORCPT value as it goes on the wire ("rfc822;user@…"); empty: none
  std::string original_recipient{};
};

/// What a notification about the message should carry (RFC 3461 RET).
enum class DsnReturn : std::uint8_t { unset, full, headers };

/// A message and its sender. The content is shared, never copied: a try in flight keeps it alive.
struct Message {
  std::string id{}; ///< the queue's own name for it, for logs; not sent
  std::string
      sender{}; ///< reverse path without angle brackets; empty: the null sender of notifications
  /// Header and body with CRLF line ends throughout and at the end (normalize_lines()); not
  /// dot-stuffed.
  std::shared_ptr<const std::string> content{};
  std::string envelope_id{}; ///< RFC 3461 ENVID as it goes on the wire; empty: none
  DsnReturn dsn_return = DsnReturn::unset;
  /// the header has raw UTF-8, so SMTPUTF8 is needed even if the addresses are ASCII
  bool smtputf8 = false;
  /// only over verified TLS, to servers that promise the same of theirs (RFC 8689 REQUIRETLS)
  bool requiretls = false;
};

} // namespace tempfail::client
