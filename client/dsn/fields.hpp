// The fields of message/delivery-status (RFC 3464 section 2).
#pragma once

#include "client/dsn/notification.hpp"

namespace tempfail::client {

/// The part's body: the fields of the message, and a block for each recipient.
std::string delivery_status(const Notification& notification);

/// Decodes RFC 3461's xtext ("a+3Db" is "a=b"); what is malformed stays as it is.
std::string decode_xtext(std::string_view text);

/// Fit for a header field: one line, printable, not too long.
std::string field_text(std::string_view text);

} // namespace tempfail::client
