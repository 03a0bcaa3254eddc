// A delivery status notification as a MIME message: which parts it has, and the fields in them.
#pragma once

#include <string>
#include <string_view>

namespace tempfail::mime {

/// What was found. Empty texts: there is no such thing.
struct Notification {
  std::string type;        ///< of the whole: "multipart/report; report-type=delivery-status"
  std::string status_type; ///< of the part with the fields: "message/delivery-status"
  /// What of the message that it is about comes with it: "message", or "header" where it is its header alone.
  std::string returned;
  std::string returned_message_id; ///< of that, without angle brackets; empty: it has none
  std::string fields;              ///< the content of the first part of such a type, decoded
};

/// Looks for these parts, but not into the message that is returned. A text for people has none of them.
Notification read_notification(std::string_view content);

} // namespace tempfail::mime
