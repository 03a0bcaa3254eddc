// Foreign text made safe to show.
#pragma once

#include <string>
#include <string_view>

namespace tempfail::base {

/// Valid UTF-8 without control characters: what is neither is written as \xNN. A server may say
/// anything, a file may come from anywhere, and neither may draw on a terminal or break a reader. Those controls
/// stay that are in `kept`: "\n", "\t".
std::string printable(std::string_view text, std::string_view kept = {});

} // namespace tempfail::base
