// A command line of an SMTP client as a value (RFC 5321 section 4.1, and the extensions'
// parameters).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::wire {

/// The verbs a receiving server knows.
enum class Verb : std::uint8_t {
  helo,
  ehlo,
  starttls,
  auth,
  mail,
  rcpt,
  data,
  bdat,
  rset,
  noop,
  vrfy,
  expn,
  help,
  quit,
  unknown, ///< no verb we know: 500 (RFC 5321 section 4.2.4)
};

/// The verb's name as on the wire ("MAIL"); "?" for unknown.
std::string_view to_string(Verb verb);

/// One command line, split at its verb. The views point into the line it was made from.
struct CommandLine {
  Verb verb = Verb::unknown;
  std::string_view verb_text; ///< the verb as the client wrote it
  std::string_view arguments; ///< the rest, without the separating space and trailing white space
};
CommandLine parse_command_line(std::string_view line);

/// A keyword with an optional value behind MAIL or RCPT: SIZE=1000, BODY=8BITMIME, SMTPUTF8.
struct Parameter {
  std::string_view keyword;
  std::string_view value; ///< empty when there is none
};

/// What stands in the angle brackets and behind them.
struct PathArgument {
  std::string_view address; ///< without the brackets and without a source route; empty for <>
  std::vector<Parameter> parameters;
};

/// Why a path or parameter could not be read.
enum class PathError : std::uint8_t {
  missing_keyword,     ///< no "FROM:" / "TO:"
  malformed_path,      ///< no angle brackets, or an address RFC 5321's grammar does not allow
  malformed_parameter, ///< not keyword[=value]
};

/// What may stand after EHLO: a domain, or an address literal such as [IPv6:::1] (RFC 5321 section 4.1.1.1).
/// Underscores, which the names of many machines and containers have, pass as letters.
bool is_hello_name(std::string_view text);

/// Whether a local part needs no quotes (RFC 5321 section 4.1.2, with RFC 6531).
bool is_dot_string(std::string_view text);

/// Result of reading "FROM:<a@b> SIZE=1" (keyword "FROM") or "TO:<a@b>" (keyword "TO").
/// `space_after_colon` is set for the usual breach "FROM: <a@b>", which is read all the same.
struct PathResult {
  std::optional<PathError> error;
  PathArgument path;
  bool space_after_colon = false;
};
PathResult parse_path(std::string_view arguments, std::string_view keyword);

/// The argument of BDAT: chunk size and LAST (RFC 3030 section 2). Nothing when it is malformed.
struct BdatArgument {
  std::uint64_t size = 0; ///< bytes
  bool last = false;
};
std::optional<BdatArgument> parse_bdat(std::string_view arguments);

} // namespace tempfail::wire
