// The content of a message as DATA carries it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tempfail::client {

/// `content` with a dot put before every line that starts with one (RFC 5321 section 4.5.2): the
/// same string when there is none. `content` ends with CRLF, or is empty.
std::shared_ptr<const std::string> dot_stuffed(std::shared_ptr<const std::string> content);

} // namespace tempfail::client
