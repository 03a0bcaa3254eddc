// Addresses as they are compared.
#pragma once

#include <string>
#include <string_view>

namespace tempfail::wire {

/// An address as it is compared: in lower case, and its domain in A-labels, so that both forms of one address are
/// equal. A domain that IDNA does not allow stays as it is.
std::string comparable_address(std::string_view address);

} // namespace tempfail::wire
