// A notification to a message's sender, as a value, and the message that it becomes.
#pragma once

#include "client/base/clock.hpp"
#include "client/delivery/message.hpp"
#include "client/delivery/outcome.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::client {

/// RFC 3464 section 2.3.3.
enum class DsnAction {
  failed,  ///< given up
  delayed, ///< not delivered yet, still being tried
  relayed, ///< delivered to a host that will send no notification of its own
};
std::string_view name(DsnAction action);

/// One recipient's part of a notification.
struct NotifiedRecipient {
  Recipient recipient{};
  DsnAction action = DsnAction::failed;
  Status status{};
  RecipientResult last{}; ///< what the latest try yielded
  unsigned tries = 0;
  std::optional<Moment> last_attempt{};     ///< by the time of day, as all moments here
  std::optional<Moment> will_retry_until{}; ///< of a delay
};

/// All that a notification says.
struct Notification {
  std::string reporting_host{};
  std::string
      message_id{}; ///< of the notification, without angle brackets; also makes its MIME boundary
  std::string to{}; ///< the sender of the message it is about
  std::string envelope_id{};
  DsnReturn dsn_return = DsnReturn::unset;
  Moment arrived{};
  Moment now{};
  std::vector<NotifiedRecipient> recipients{};
  std::shared_ptr<const std::string> original{}; ///< the message it is about
};

/// The whole message (multipart/report), with CRLF line ends.
std::string compose(const Notification& notification);

/// Whether the sender wants to hear of this action (RFC 3461 section 4.1), given the recipient's
/// NOTIFY. Nobody is told anything about a message without a sender: that is how notifications
/// about notifications end.
bool notification_wanted(std::string_view sender, const Recipient& recipient, DsnAction action);

/// A few words on a status, for people: "system not accepting network messages". Never empty.
std::string_view describe(const Status& status);

} // namespace tempfail::client
