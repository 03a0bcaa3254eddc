// Addresses as they are compared.
#pragma once

#include <string>
#include <string_view>

namespace tempfail::wire {

/// An address without quotes that its local part does not need (RFC 5321 section 4.1.2): "joe"@a.test is joe@a.test.
std::string without_needless_quotes(std::string_view address);

/// An address as it is compared: in lower case, and its domain in A-labels, so that both forms of one address are
/// equal. A domain that IDNA does not allow stays as it is.
std::string comparable_address(std::string_view address);

/// The sender that an envelope comes from, without what may differ from try to try: a BATV tag, and an extension behind
/// "+". "prvs=1234abcdef=joe+7@a.test" -> "joe@a.test".
std::string untagged_sender(std::string_view sender);

} // namespace tempfail::wire
