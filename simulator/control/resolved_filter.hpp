// A filter of messages and tries, ready to be applied.
#pragma once

#include "control/values.hpp"
#include "wire/address.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::control {

/// A filter whose mark has been looked up. Addresses are compared as mail systems do in practice: ignoring case and the
/// form of the domain.
struct ResolvedFilter {
  std::string recipient; ///< as wire::comparable_address has it, like the sender; empty: any
  std::string sender;
  std::uint64_t after = 0; ///< position
  std::size_t last = 0;    ///< 0: all

  bool covers(const MessageView& message) const {
    const auto& recipients = message.recipients;
    return message.position > after && fits(message.sender, sender) &&
           (recipient.empty() ||
            std::any_of(recipients.begin(), recipients.end(),
                        [this](const auto& one) { return fits(one, recipient); }));
  }
  bool covers(const TryView& attempt) const {
    return attempt.position > after && fits(attempt.sender, sender) &&
           fits(attempt.recipient, recipient);
  }

 private:
  static bool fits(std::string_view address, const std::string& wanted) {
    return wanted.empty() || wire::comparable_address(address) == wanted;
  }
};

/// The filter without its limit.
inline QueryFilter without_last(QueryFilter filter) {
  filter.last = 0;
  return filter;
}

} // namespace tempfail::control
