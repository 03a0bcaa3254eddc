// Letters outside ASCII, as a reader of the message sees them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tempfail::mime {

/// Bytes of a decoded text as UTF-8, or as they are where the text names no other character set and they are not UTF-8.
/// Nothing: which letters they stand for can't be told here, because they are HTML entities, or because the character
/// set (in whatever case) is not known or has more than one byte for each letter of ASCII.
std::optional<std::string> letters_in_utf8(std::string_view bytes, std::string_view charset,
                                           bool is_html);

} // namespace tempfail::mime
