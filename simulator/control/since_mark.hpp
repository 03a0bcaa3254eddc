// A journal as it is from a mark on, so that one server serves many tests and each is judged by itself.
#pragma once

#include "journal/reader.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::control {

/// The lines of `text` that a verdict from this position on is made of: what came after it, and of what came before
/// who wrote it, which servers there are, and how the sessions began that went on.
std::string lines_since(std::string_view text, const journal::Journal& journal,
                        std::uint64_t position);

} // namespace tempfail::control
