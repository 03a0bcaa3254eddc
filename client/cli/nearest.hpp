// The word that a mistyped one was most likely meant to be.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tempfail::client {

/// "; did you mean --port?", or nothing when none of `known` is near.
std::string suggestion(std::string_view word, std::span<const std::string> known);

} // namespace tempfail::client
