// What may make a sender return a message for a recipient whom it never tried.
#pragma once

#include "verdict/observation.hpp"

#include <map>
#include <string>

namespace tempfail::verdict {

/// What was asked for, or the way to the server, may be a reason to return a message that no server refused. A sender
/// that never began with it (MAIL) may have missed something that this server does not offer.
bool has_its_own_reasons(const Case& observed);

/// Failures of other tries, from which a sender may know that a host or a domain takes nothing.
class ReasonsToReturn {
 public:
  explicit ReasonsToReturn(const Case& observed);
  /// Whether there was one by then. What was put off is one some hours later: no queue gives up at once.
  bool was_one(const Delivery& delivery, Moment by) const;

 private:
  bool its_own_ = false;
  std::map<std::string, Moment, std::less<>> since_; ///< by domain; empty: whoever is named
};

} // namespace tempfail::verdict
