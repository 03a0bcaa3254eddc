// The report that comes back when a message could not be forwarded (RFC 3461 to 3464).
#pragma once

#include "relay/mail.hpp"

#include <cstdint>
#include <string>

namespace tempfail::relay {

/// What a report is about.
struct Failure {
  std::string reporting_host;
  std::string remote_host; ///< that refused
  std::vector<std::string> recipients;
  std::string reply; ///< of the remote host, its lines joined by '\n'
  std::int64_t unix_seconds = 0;
  std::uint64_t number = 0; ///< makes its Message-ID
};

/// The enhanced status code in a reply's first line; "5.0.0" where it has none.
std::string status_in(const std::string& reply);

/// A report of failure to the message's sender, from <>. The message must have a sender: about a report nobody
/// reports.
Mail failure_notification(const Mail& about, const Failure& failure);

} // namespace tempfail::relay
