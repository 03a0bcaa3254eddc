// Patterns over names and addresses: '*' for any text, '?' for one character, ASCII letters in
// either case.
#pragma once

#include <string_view>

namespace tempfail::scenario {

/// Whether all of `text` matches `pattern`. Linear in their product at worst, no recursion.
bool glob_matches(std::string_view pattern, std::string_view text);

} // namespace tempfail::scenario
