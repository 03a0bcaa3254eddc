// Whom a notification may go to: the author of the message, and the postmaster where it comes from.
#pragma once

#include "verdict/notifications.hpp"
#include "verdict/observation.hpp"

#include <set>
#include <string>
#include <string_view>

namespace tempfail::verdict {

/// Postmasters of the sender's own domains: those of the senders of its messages, and those that it names itself by.
class OwnPostmasters {
 public:
  explicit OwnPostmasters(const Case& observed);
  /// Whether an address (comparable()) is one of them, or has no domain.
  bool contains(std::string_view address) const;
  /// Whether the domain of an address is one of these, or above or below one of them.
  bool is_at_home(std::string_view address) const;

 private:
  std::set<std::string, std::less<>> domains_;
};

/// Whether it is one of the messages that were handed over, whole, and not a word about it: a copy notifies nobody.
bool is_bare_copy(const journal::event::Content& content, const journal::event::Handover& handover);

/// Holds the addresses that notifications went to against those that they may go to.
class Addressees {
 public:
  explicit Addressees(const Case& observed);
  /// What is wrong with a notification's going to this address; empty: nothing, or it did not go there.
  std::string wrong_with(const Transaction& notification, const RecipientReply& to) const;

 private:
  bool is_about_others_only(const journal::event::Content& content, std::string_view author) const;

  const Case& observed_;
  OwnPostmasters postmasters_;
  ReportedDeliveryIndex index_;
  std::set<std::string, std::less<>> authors_;
  std::set<std::string, std::less<>> recipients_;
};

} // namespace tempfail::verdict
