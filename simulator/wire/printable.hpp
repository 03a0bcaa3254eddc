// Foreign text made safe to show.
#pragma once

#include <string>
#include <string_view>

namespace tempfail::wire {

/// Valid UTF-8 without control characters: what is neither is written as \xNN. A server may say
/// anything, a file may come from anywhere, and neither may draw on a terminal or break a reader. Line feeds stay when
/// `lines` is set.
std::string printable(std::string_view text, bool lines = false);

} // namespace tempfail::wire
