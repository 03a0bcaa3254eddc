// Which messages and tries a question is about.
#pragma once

#include "control/values.hpp"
#include "wire/domain.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::control {

/// Addresses are compared as mail systems do in practice: without regard to case, or to the form of the domain.
inline bool same_address(std::string_view one, std::string_view other) {
  return wire::comparable_address(one) == wire::comparable_address(other);
}

/// Which messages and tries a filter means: with its mark looked up.
struct Wanted {
  std::string recipient;
  std::string sender;
  std::uint64_t after = 0; ///< position
  std::size_t last = 0;    ///< 0: all

  bool covers(const MessageView& message) const {
    const auto& recipients = message.recipients;
    return message.position > after && (sender.empty() || same_address(message.sender, sender)) &&
           (recipient.empty() ||
            std::any_of(recipients.begin(), recipients.end(),
                        [this](const auto& one) { return same_address(one, recipient); }));
  }
  bool covers(const TryView& attempt) const {
    return attempt.position > after && (sender.empty() || same_address(attempt.sender, sender)) &&
           (recipient.empty() || same_address(attempt.recipient, recipient));
  }
};

/// The same of all queries.
inline QueryFilter without_last(QueryFilter filter) {
  filter.last = 0;
  return filter;
}

} // namespace tempfail::control
