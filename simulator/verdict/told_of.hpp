// What the authors of messages were told: which notifications came for each message, and whom they name.
#pragma once

#include "verdict/observation.hpp"
#include "verdict/wording.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::verdict {

/// What came to the sender of a message and was about it.
struct Came {
  std::vector<Evidence> right;
  std::size_t texts = 0;               ///< of the right ones, texts for people
  std::vector<Evidence> from_somebody; ///< and not from <>
  std::string others;                  ///< the action of those of another kind
  std::string other_report;            ///< the type of what reports something else
  std::set<std::string_view> named;    ///< recipients of whom a right one tells what is asked for
  std::size_t unknown = 0;             ///< reported recipients that no message was for

  bool any() const { return !right.empty() || !named.empty(); }
  /// Of these deliveries those of which nothing was told. A text for people may be about all of them.
  std::vector<const Delivery*> left_out(std::vector<const Delivery*> due) const;
};

/// What came for each message that tells `word`, an action or "never". Each notification is about one of them; of
/// several that it may be about, each has its turn.
std::vector<Came> came_for_each(const Case& observed, std::string_view word);

/// A notification that was accepted, in words.
std::string told(const journal::event::Content& content);

} // namespace tempfail::verdict
