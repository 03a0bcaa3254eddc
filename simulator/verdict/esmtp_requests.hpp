// What a sender was asked for with a message (RFC 3461, RFC 8689), and what it passed on.
#pragma once

#include "verdict/observation.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::verdict {

/// The requests as values. Nothing: not asked.
struct EsmtpRequests {
  std::optional<std::string>
      notify; ///< in upper case, its words in the order of the alphabet: "DELAY,FAILURE"
  std::optional<std::string> ret;   ///< in upper case: "HDRS"
  std::optional<std::string> envid; ///< decoded
  std::optional<std::string> orcpt; ///< decoded, its type in lower case: "rfc822;a@b.test"
  bool requiretls = false;

  /// Whether a notification with this action may be sent: NOTIFY does not forbid it.
  bool allow(std::string_view action) const;
  /// Whether the body of the message may not come back.
  bool header_only() const { return requiretls || ret == "HDRS"; }
};
/// Of parameters with blanks between: "NOTIFY=NEVER RET=HDRS". Others are passed over.
EsmtpRequests read_esmtp_requests(std::string_view parameters);
/// What was asked for with a message; nothing where nobody told us of it.
EsmtpRequests requests_of(const Message& message);

/// Keywords of the requests that are seen on the wire in any transaction, with blanks between.
std::string requests_seen(const Case& observed);
/// Whether the reply to this EHLO offers the extension: "STARTTLS".
bool offers(const journal::event::Exchange& ehlo, std::string_view extension);
/// Whether the server's reply to the EHLO before this transaction does: "DSN".
bool is_offered(const Case& observed, const Transaction& transaction, std::string_view extension);

/// "rfc822; a@b.test", as a notification writes it, in the form of EsmtpRequests::orcpt.
std::string comparable_orcpt(std::string_view field);
/// Characters that stand for themselves instead of "+3D" (RFC 3461 section 4).
std::string decode_xtext(std::string_view text);

/// The words of a text with blanks between.
std::vector<std::string_view> words_of(std::string_view text);

} // namespace tempfail::verdict
