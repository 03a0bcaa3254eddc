// Base64, both ways (RFC 4648 section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tempfail::base {

std::string encode_base64(std::string_view bytes);

/// Nothing unless `text` is base64 with its padding.
std::optional<std::string> decode_base64(std::string_view text);

} // namespace tempfail::base
