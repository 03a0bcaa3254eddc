// The lines that a client sends.
#pragma once

#include "client/protocol/capabilities.hpp"
#include "client/protocol/message.hpp"

#include <string>
#include <string_view>

namespace tempfail::client {

/// What of the message the MAIL command must say.
struct MailNeeds {
  bool eight_bit = false;
  bool smtputf8 = false;
  bool requiretls = false; ///< RFC 8689; only over verified TLS
};

/// MAIL with the parameters that the server offers and the message needs, with CRLF.
std::string mail_command(const Message& message, MailNeeds needs, const Capabilities& capabilities);

/// RCPT likewise.
std::string rcpt_command(const Recipient& recipient, const Capabilities& capabilities);

/// True if the address can stand in a command: no controls, no spaces outside quotes, no angle
/// brackets outside quotes, at most 254 bytes. So nobody smuggles a command in through an address.
bool sendable_address(std::string_view address);

/// True if the text can stand as a parameter's value (RFC 5321 esmtp-value).
bool sendable_value(std::string_view value);

bool is_ascii(std::string_view text);

} // namespace tempfail::client
