// Domains with letters beyond ASCII as the DNS knows them. The one place that knows IDNA (libidn2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tempfail::base {

/// A domain in lower case, with each U-label ("bücher") as an A-label ("xn--bcher-kva", RFC 5891). Nothing: IDNA does
/// not allow it.
std::optional<std::string> to_a_labels(std::string_view domain);

} // namespace tempfail::base
