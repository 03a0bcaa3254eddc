// What delivery and its callers need to know of a message's text and of addresses.
#pragma once

#include "client/protocol/message.hpp"

#include <string>
#include <string_view>

namespace tempfail::client {

/// `text` with every line ended by CRLF (a bare CR or LF counts as a line end), the last one
/// included.
std::string normalize_lines(std::string_view text);

/// True if any byte is over 127, so that 8BITMIME is needed.
bool has_eight_bit(std::string_view content);

/// The domain of an address as the DNS knows it: in lower case, in A-labels. An address without one, or with one that
/// IDNA does not allow, gives "".
std::string domain_of(std::string_view address);

} // namespace tempfail::client
