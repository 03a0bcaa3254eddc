// Words close to one that was mistyped.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::scenario {

/// Insertions, deletions, replacements and swaps of neighbours between two words.
std::size_t edit_distance(std::string_view left, std::string_view right);

/// Those of `words` that could have been meant, best first, at most `limit`.
std::vector<std::string> closest(std::string_view word, std::span<const std::string_view> words,
                                 std::size_t limit);

} // namespace tempfail::scenario
