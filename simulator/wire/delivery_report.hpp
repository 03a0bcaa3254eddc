// What a delivery status notification says (RFC 3464).
#pragma once

#include <string_view>

namespace tempfail::wire {

/// The fields of the first recipient that a notification reports on; empty: the message is none.
struct DeliveryReport {
  std::string_view action; ///< "failed", "delayed", ...
  std::string_view status; ///< "4.4.7"
};

/// Reads the part of type message/delivery-status out of a message. The views point into `content`.
DeliveryReport read_delivery_report(std::string_view content);

} // namespace tempfail::wire
