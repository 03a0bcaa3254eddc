// Which deliveries a notification may be about: it came to the sender of a message, and names one of its recipients.
#pragma once

#include "verdict/observation.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tempfail::verdict {

/// A delivery of the message with this index into Case::messages.
struct Subject {
  std::size_t message = 0;
  const Delivery* delivery = nullptr;
};

/// Deliveries from one sender to one recipient, or to all of its recipients; in order.
struct Subjects {
  std::vector<Subject> all;
  std::vector<Subject> failed; ///< those that were never accepted
};

/// Finds deliveries that the rule at work speaks of by the addresses in a notification, so that many messages and many
/// notifications need not be compared with each other.
class SubjectIndex {
 public:
  explicit SubjectIndex(const Case& observed);
  /// Of messages from `sender` (comparable()) to `recipient` (in any case); null: there is none.
  const Subjects* find(std::string_view sender, std::string_view recipient) const;
  /// Of messages from `sender`; null: there is none.
  const Subjects* find(std::string_view sender) const;

 private:
  std::map<std::string, Subjects, std::less<>> by_sender_;
  std::map<std::pair<std::string, std::string>, Subjects> by_recipient_;
};

} // namespace tempfail::verdict
