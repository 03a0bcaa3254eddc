// What of a client's lines may stand in the journal: passwords and tokens may not, wherever a client says them.
//
// A secret is known by what comes before it: the word AUTH in any spelling, the name of a mechanism, or the words other
// protocols use. After any of these, lines that are no commands are the rest of the exchange, whatever the server said:
// clients send them when AUTH was refused, too.
#pragma once

#include "wire/command.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tempfail::session {

/// A line as it may be journalled.
struct Masked {
  std::optional<std::string> line; ///< nothing: as it is
  std::string_view verb{};         ///< in place of the line's first word; empty: that may be named
};

/// Goes through all lines of a session, but those that the server has asked for in an AUTH exchange.
class Secrets {
 public:
  Masked mask(std::string_view line, const wire::CommandLine& parsed);
  /// Bytes that were never read as lines: whole ones, and the beginning of one.
  std::string mask_all(std::string_view bytes);

 private:
  bool in_exchange_ = false; ///< a client that began one may go on with it
};

} // namespace tempfail::session
