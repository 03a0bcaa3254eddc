// Who may ask: no page that a browser has open, and on an address that others reach only those who know the token.
#pragma once

#include "http/message.hpp"

#include <string>
#include <string_view>

namespace tempfail::http {

struct GuardSetting {
  std::string address; ///< that is listened on
  std::string token;   ///< empty: none is needed
};

/// Whether only this machine can reach the address.
bool is_loopback(std::string_view address);

/// Throws Problem where a request is not to be answered: its Host is a name that somebody else may have made lead here
/// (DNS rebinding), its Origin is another site, it has no token where one is needed, or its body is of a type that a
/// browser's form can send.
void guard(const Request& request, const GuardSetting& setting);

} // namespace tempfail::http
