// Keys without regard to the case of their letters.
#pragma once

#include "base/ascii.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace tempfail::state {

/// Makes the ASCII letters of `text` lower-case, from `begin` on.
inline void make_lower(std::string& text, std::size_t begin = 0) {
  std::transform(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(),
                 text.begin() + static_cast<std::ptrdiff_t>(begin),
                 [](char c) { return base::lower(c); });
}

} // namespace tempfail::state
