// Base64 (RFC 4648 section 4), as AUTH needs it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tempfail::client {

std::string base64_encode(std::string_view bytes);

/// Nothing unless `text` is base64 with its padding.
std::optional<std::string> base64_decode(std::string_view text);

} // namespace tempfail::client
