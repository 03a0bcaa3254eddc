// Where in a delivery something happens.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tempfail::client {

/// The step of a delivery try, from the name server to the goodbye.
enum class Stage : std::uint8_t {
  resolve,   ///< looking up MX and address records
  connect,   ///< the TCP connection
  greeting,  ///< the server's first line
  ehlo,      ///< EHLO or HELO
  starttls,  ///< the STARTTLS command
  handshake, ///< the TLS handshake
  auth,      ///< AUTH and its challenges
  mail,      ///< MAIL
  rcpt,      ///< RCPT
  data,      ///< DATA, before its 354
  content,   ///< the message's bytes (DATA's, or BDAT's chunks but the last)
  message,   ///< the reply after the final dot or the last BDAT chunk
  rset,      ///< RSET between messages or after a failure
  quit,      ///< QUIT
  idle,      ///< a pooled connection between messages
};

/// The stage's name as logs and the queue write it: the enumerator's.
std::string_view name(Stage stage);

/// The stage of that name, as name() writes it.
std::optional<Stage> stage_from_name(std::string_view name);

} // namespace tempfail::client
