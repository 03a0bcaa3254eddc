// Which build of tempfail this is. Both programs say it; nothing else stands on it.
#pragma once

#include <string_view>

namespace tempfail {

/// "0.2.0 (commit f57818d1234a, Release)": the version, the commit it was built from (`with changes` where the tree
/// had some; `unknown` where nobody says), and the kind of build.
std::string_view build_description();

} // namespace tempfail
