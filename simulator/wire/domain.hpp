// Domains with letters beyond ASCII, and addresses as they are compared. The one place that knows IDNA (libidn2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tempfail::wire {

/// A domain in lower case, with each U-label ("bücher") as an A-label ("xn--bcher-kva", RFC 5891). Nothing: IDNA does
/// not allow it.
std::optional<std::string> to_a_labels(std::string_view domain);

/// An address as it is compared: in lower case, and its domain in A-labels, so that both forms of one address are
/// equal. A domain that IDNA does not allow stays as it is.
std::string comparable_address(std::string_view address);

} // namespace tempfail::wire
