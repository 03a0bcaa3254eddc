// Which deliveries a notification may be about: it came to the sender of a message, and names one of its recipients.
#pragma once

#include "verdict/observation.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tempfail::verdict {

/// Where notifications about a delivery go, in lower case: to the sender of its message, and to each other one that was
/// used for it (BATV, VERP). Not <>.
std::set<std::string_view> return_paths(const Message& message, const Delivery& delivery);
/// Of all deliveries of a message.
std::set<std::string_view> return_paths(const Message& message);
/// Whether one of its recipients is one of these.
bool is_addressed_to_sender_of(const Transaction& notification, const Message& message);

/// A delivery of the message with this index into Case::messages.
struct ReportedDelivery {
  std::size_t message = 0;
  const Delivery* delivery = nullptr;
};

/// Deliveries from one sender to one recipient, or to all of its recipients; in order.
struct ReportedDeliveries {
  std::vector<ReportedDelivery> all;
  std::vector<ReportedDelivery> failed; ///< those that were never accepted
};

/// Finds deliveries that the rule at work speaks of by the addresses in a notification, so that many messages and many
/// notifications need not be compared with each other.
class ReportedDeliveryIndex {
 public:
  explicit ReportedDeliveryIndex(const Case& observed);
  /// Of messages from `sender` (comparable()) to `recipient` (in any case); null: there is none.
  const ReportedDeliveries* find(std::string_view sender, std::string_view recipient) const;
  /// Of messages from `sender`; null: there is none.
  const ReportedDeliveries* find(std::string_view sender) const;
  /// Of messages to `recipient` (in any case), whoever sent them; null: there is none.
  const ReportedDeliveries* find_recipient(std::string_view recipient) const;

 private:
  std::map<std::string, ReportedDeliveries, std::less<>> by_sender_;
  std::map<std::pair<std::string, std::string>, ReportedDeliveries> by_both_;
  std::map<std::string, ReportedDeliveries, std::less<>> by_recipient_;
};

/// Its type is multipart/report, but it reports something else than a delivery: "disposition-notification".
bool is_another_report(const journal::event::Content& content);
/// Neither a report of a delivery nor a word of text: it notifies nobody of anything.
bool says_nothing(const journal::event::Content& content);

/// Whether a notification returns something of one of these deliveries' messages, or of none that was handed over, as
/// the marks in it and the Message-ID show.
bool may_be_about(const Case& observed, const journal::event::Content& content,
                  const std::vector<ReportedDelivery>& deliveries);

/// Of whom the notifications that were accepted here say that the message failed: it was returned, and not lost.
class ReturnedMessages {
 public:
  explicit ReturnedMessages(const Case& observed);
  /// Whether the message's sender was told of this recipient: by name, or by a text for people, which may be about all
  /// of its recipients.
  bool covers(const Message& message, const Delivery& delivery) const {
    return last_time(message, delivery).has_value();
  }
  /// When the last notification came that says so; nothing: none did.
  std::optional<Moment> last_time(const Message& message, const Delivery& delivery) const;

 private:
  std::map<std::pair<std::string, std::string>, Moment> reported_; ///< by sender and recipient
  std::map<std::string, Moment, std::less<>> by_text_;             ///< by sender
};

/// Notifications that were rejected (5xx) themselves: nothing more is due then (RFC 5321 section 4.5.4).
class RejectedNotifications {
 public:
  explicit RejectedNotifications(const Case& observed);
  /// Whether one of them may have been about a message that was rejected.
  bool may_be_about(const Message& message) const;

 private:
  bool any_ = false;     ///< a connection that may have been for one was rejected before MAIL
  Moment last_{};        ///< when MAIL from <> was rejected last
  bool at_mail_ = false; ///< it was
  std::map<std::string, Moment, std::less<>> last_to_; ///< the last to each address
};

} // namespace tempfail::verdict
