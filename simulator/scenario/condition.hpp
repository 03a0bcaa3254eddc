// What must hold for a rule to apply, as data. The session evaluates it (session/conditions).
#pragma once

#include "scenario/units.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace tempfail::scenario {

/// A text of the session that can be matched by glob ('*' and '?', case-insensitive).
enum class TextField : std::uint8_t {
  helo,      ///< the name in EHLO or HELO
  verb,      ///< the command as sent, upper case: tells EHLO from HELO, VRFY from HELP
  sender,    ///< the reverse-path; empty for <>
  recipient, ///< the current recipient; at data and later: any accepted one
};

/// Any of the globs matches; with `negated`, none does (written as `not: …`).
struct TextTest {
  TextField field{};
  std::vector<std::string> globs;
  bool negated = false;
};

/// A header field of the message; from stage message on.
struct HeaderTest {
  std::string name;
  std::vector<std::string> globs;
  bool negated = false;
};

/// The client's address is in one of the address ranges ("127.0.0.2", "10.0.0.0/8", "::1").
struct ClientTest {
  std::vector<std::string> address_ranges;
  bool negated = false;
};

/// A number of the session that can be compared.
enum class NumberField : std::uint8_t {
  declared_size,     ///< SIZE= at MAIL, bytes; 0 when not declared
  size,              ///< content received so far, bytes
  recipients,        ///< accepted in this envelope
  messages,          ///< accepted on this connection
  connections,       ///< open sessions of this client in this scenario, this one included
  total_connections, ///< open sessions of all clients in this scenario, this one included
  received_fields,   ///< `Received:` fields of the message (RFC 5321 section 6.3)
  commands,          ///< commands seen on this connection, this one included
};
enum class Comparison : std::uint8_t { less, less_equal, equal, not_equal, greater_equal, greater };
/// What a number is compared with.
enum class Operand : std::uint8_t {
  constant,
  spool_free,   ///< `spool.free`, bytes
  mailbox_free, ///< `mailbox.free`, bytes, of the current recipient
};
struct NumberTest {
  NumberField field{};
  Comparison comparison{};
  Operand operand = Operand::constant;
  std::uint64_t constant = 0;
};

/// A yes-or-no of the session.
enum class FlagField : std::uint8_t {
  tls, ///< TLS is up
  authenticated,
  smtputf8,  ///< asked for at MAIL
  eight_bit, ///< BODY=8BITMIME asked for at MAIL
};
struct FlagTest {
  FlagField field{};
  bool value = true;
};

/// A state of the server that can be asked for; each needs its block under `server`.
enum class StateField : std::uint8_t {
  spool_full,      ///< `spool: full`: what arrived, or was declared, does not fit
  mailbox_full,    ///< `mailbox: full`: of the current recipient; at message: of any accepted one
  mailbox_busy,    ///< `mailbox: busy`
  greylist_early,  ///< `greylist: early`
  queue_stopped,   ///< `queue: stopped`
  scanner_down,    ///< `scanner: down`
  rate_over,       ///< `rate: over`
  charset_missing, ///< `charset: missing`: the message uses one that is not installed
  last = charset_missing,
};
struct StateTest {
  StateField field{};
};

using Test = std::variant<TextTest, HeaderTest, ClientTest, NumberTest, FlagTest, StateTest>;
/// All tests must hold; none: always holds.
using Condition = std::vector<Test>;

} // namespace tempfail::scenario
