// Foreign text made fit for a terminal, a log, a table.
#pragma once

#include <string>
#include <string_view>

namespace tempfail::client {

/// Valid UTF-8 that can't hurt what shows it: each byte of anything else, of control characters (but the tab) and of
/// those that turn the direction of writing becomes '?'. Line feeds stay when `lines` is set.
std::string printable(std::string_view text, bool lines = false);

} // namespace tempfail::client
