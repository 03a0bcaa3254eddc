// Which character sets a message needs: read with a MIME library, so that nested parts, parameters and
// encoded words are found as a mail system finds them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tempfail::mime {

/// The character sets that `message` names, lower case, each once, sorted: of all its parts
/// (Content-Type's charset) and of the encoded words in its headers (RFC 2047). None when it is over charset_limits:
/// of a larger message its beginning is looked at, of one with more parts, fields or words nothing.
std::vector<std::string> charsets_of(std::string_view message);

} // namespace tempfail::mime
