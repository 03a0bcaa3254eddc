// What a delivery status notification says (RFC 3464).
#pragma once

#include <string_view>
#include <vector>

namespace tempfail::wire {

/// The fields of one recipient that a notification reports on.
struct RecipientReport {
  /// Final-Recipient, else Original-Recipient, without its address type; empty: not named.
  std::string_view recipient;
  std::string_view action; ///< "failed", "delayed", ...; in the case in which it was written
  std::string_view status; ///< "4.4.7"
};

/// Reads the part of type message/delivery-status out of a message, in the order of its recipients; none: the
/// message is not a notification. The views point into `content`.
std::vector<RecipientReport> read_delivery_reports(std::string_view content);

} // namespace tempfail::wire
