// How much of a message is looked at. GMime builds an object for each part and each header field, and the server that
// asks serves nobody else meanwhile.
#pragma once

#include <cstddef>
#include <limits>
#include <string_view>

namespace tempfail::mime {

/// A message over one of these is not looked at.
struct ContentLimits {
  std::size_t content = std::size_t{64} << 20U; ///< bytes
  std::size_t boundaries = 5000; ///< lines that begin with `--`: an upper bound of the parts
  std::size_t fields = 100'000;  ///< lines that look like header fields, wherever they stand
  std::size_t encoded_words = std::numeric_limits<std::size_t>::max(); ///< `=?`, wherever it stands
};

/// Of a message whose character sets a scenario asks for, while others are served: some 0.1 s and 50 MB at most.
inline constexpr ContentLimits charset_limits{std::size_t{16} << 20U, 2000, 20'000, 10'000};

bool is_within(const ContentLimits& limits, std::string_view content);

} // namespace tempfail::mime
