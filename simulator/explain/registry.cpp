// What the standards call a status, whatever its class, and a reply: the IANA registry of SMTP enhanced status codes,
// and the replies of RFC 5321 and its extensions. Names only; what to do is in the entries and the classes.
#include "explain/explain.hpp"

#include <algorithm>
#include <array>

namespace tempfail::explain {
namespace {

/// X.`code` of the registry.
constexpr std::array statuses = {
    Registered{"0.0", "Other undefined status", "RFC 3463 section 3.1"},
    Registered{"1.0", "Other address status", "RFC 3463 section 3.2"},
    Registered{"1.1", "Bad destination mailbox address", "RFC 3463 section 3.2"},
    Registered{"1.2", "Bad destination system address", "RFC 3463 section 3.2"},
    Registered{"1.3", "Bad destination mailbox address syntax", "RFC 3463 section 3.2"},
    Registered{"1.4", "Destination mailbox address ambiguous", "RFC 3463 section 3.2"},
    Registered{"1.5", "Destination address valid", "RFC 3463 section 3.2"},
    Registered{"1.6", "Destination mailbox has moved, no forwarding address",
               "RFC 3463 section 3.2"},
    Registered{"1.7", "Bad sender's mailbox address syntax", "RFC 3463 section 3.2"},
    Registered{"1.8", "Bad sender's system address", "RFC 3463 section 3.2"},
    Registered{"1.9", "Message relayed to non-compliant mailer", "RFC 3886"},
    Registered{"1.10", "Recipient address has null MX", "RFC 7505"},
    Registered{"2.0", "Other or undefined mailbox status", "RFC 3463 section 3.3"},
    Registered{"2.1", "Mailbox disabled, not accepting messages", "RFC 3463 section 3.3"},
    Registered{"2.2", "Mailbox full", "RFC 3463 section 3.3"},
    Registered{"2.3", "Message length exceeds administrative limit", "RFC 3463 section 3.3"},
    Registered{"2.4", "Mailing list expansion problem", "RFC 3463 section 3.3"},
    Registered{"3.0", "Other or undefined mail system status", "RFC 3463 section 3.4"},
    Registered{"3.1", "Mail system full", "RFC 3463 section 3.4"},
    Registered{"3.2", "System not accepting network messages", "RFC 3463 section 3.4"},
    Registered{"3.3", "System not capable of selected features", "RFC 3463 section 3.4"},
    Registered{"3.4", "Message too big for system", "RFC 3463 section 3.4"},
    Registered{"3.5", "System incorrectly configured", "RFC 3463 section 3.4"},
    Registered{"3.6", "Requested priority was changed", "RFC 6710"},
    Registered{"4.0", "Other or undefined network or routing status", "RFC 3463 section 3.5"},
    Registered{"4.1", "No answer from host", "RFC 3463 section 3.5"},
    Registered{"4.2", "Bad connection", "RFC 3463 section 3.5"},
    Registered{"4.3", "Directory server failure", "RFC 3463 section 3.5"},
    Registered{"4.4", "Unable to route", "RFC 3463 section 3.5"},
    Registered{"4.5", "Mail system congestion", "RFC 3463 section 3.5"},
    Registered{"4.6", "Routing loop detected", "RFC 3463 section 3.5"},
    Registered{"4.7", "Delivery time expired", "RFC 3463 section 3.5"},
    Registered{"5.0", "Other or undefined protocol status", "RFC 3463 section 3.6"},
    Registered{"5.1", "Invalid command", "RFC 3463 section 3.6"},
    Registered{"5.2", "Syntax error", "RFC 3463 section 3.6"},
    Registered{"5.3", "Too many recipients", "RFC 3463 section 3.6"},
    Registered{"5.4", "Invalid command arguments", "RFC 3463 section 3.6"},
    Registered{"5.5", "Wrong protocol version", "RFC 3463 section 3.6"},
    Registered{"5.6", "Authentication exchange line is too long", "RFC 4954"},
    Registered{"6.0", "Other or undefined media error", "RFC 3463 section 3.7"},
    Registered{"6.1", "Media not supported", "RFC 3463 section 3.7"},
    Registered{"6.2", "Conversion required and prohibited", "RFC 3463 section 3.7"},
    Registered{"6.3", "Conversion required but not supported", "RFC 3463 section 3.7"},
    Registered{"6.4", "Conversion with loss performed", "RFC 3463 section 3.7"},
    Registered{"6.5", "Conversion failed", "RFC 3463 section 3.7"},
    Registered{"6.6", "Message content not available", "RFC 4468"},
    Registered{"6.7", "Non-ASCII addresses not permitted for that sender/recipient", "RFC 6531"},
    Registered{"6.8", "UTF-8 string reply is required, but not permitted by the SMTP client",
               "RFC 6531"},
    Registered{"6.9", "UTF-8 header message cannot be transferred to one or more recipients",
               "RFC 6531"},
    Registered{"6.10", "Withdrawn: a duplicate of X.6.8", "RFC 6531"},
    Registered{"7.0", "Other or undefined security status", "RFC 3463 section 3.8"},
    Registered{"7.1", "Delivery not authorized, message refused", "RFC 3463 section 3.8"},
    Registered{"7.2", "Mailing list expansion prohibited", "RFC 3463 section 3.8"},
    Registered{"7.3", "Security conversion required but not possible", "RFC 3463 section 3.8"},
    Registered{"7.4", "Security features not supported", "RFC 3463 section 3.8"},
    Registered{"7.5", "Cryptographic failure", "RFC 3463 section 3.8"},
    Registered{"7.6", "Cryptographic algorithm not supported", "RFC 3463 section 3.8"},
    Registered{"7.7", "Message integrity failure", "RFC 3463 section 3.8"},
    Registered{"7.8", "Authentication credentials invalid", "RFC 4954"},
    Registered{"7.9", "Authentication mechanism is too weak", "RFC 4954"},
    Registered{"7.10", "Encryption needed", "RFC 5248"},
    Registered{"7.11", "Encryption required for requested authentication mechanism", "RFC 4954"},
    Registered{"7.12", "A password transition is needed", "RFC 4954"},
    Registered{"7.13", "User account disabled", "RFC 5248"},
    Registered{"7.14", "Trust relationship required", "RFC 5248"},
    Registered{"7.15", "Priority level is too low", "RFC 6710"},
    Registered{"7.16", "Message is too big for the specified priority", "RFC 6710"},
    Registered{"7.17", "Mailbox owner has changed", "RFC 7293"},
    Registered{"7.18", "Domain owner has changed", "RFC 7293"},
    Registered{"7.19", "RRVS test cannot be completed", "RFC 7293"},
    Registered{"7.20", "No passing DKIM signature found", "RFC 7372"},
    Registered{"7.21", "No acceptable DKIM signature found", "RFC 7372"},
    Registered{"7.22", "No valid author-matched DKIM signature found", "RFC 7372"},
    Registered{"7.23", "SPF validation failed", "RFC 7372"},
    Registered{"7.24", "SPF validation error", "RFC 7372"},
    Registered{"7.25", "Reverse DNS validation failed", "RFC 7372"},
    Registered{"7.26", "Multiple authentication checks failed", "RFC 7372"},
    Registered{"7.27", "Sender address has null MX", "RFC 7505"},
    Registered{"7.28", "Mail flood detected", "the registry that RFC 5248 set up"},
    Registered{"7.29", "ARC validation failure", "RFC 8617"},
    Registered{"7.30", "REQUIRETLS support required", "RFC 8689"},
};

/// Replies of the classes that can be explained.
constexpr std::array replies = {
    Registered{"211", "System status, or system help reply", "RFC 5321 section 4.2.3"},
    Registered{"214", "Help message", "RFC 5321 section 4.2.3"},
    Registered{"220", "Service ready", "RFC 5321 section 4.2.3"},
    Registered{"221", "Service closing transmission channel", "RFC 5321 section 4.2.3"},
    Registered{"235", "Authentication succeeded", "RFC 4954"},
    Registered{"250", "Requested mail action okay, completed", "RFC 5321 section 4.2.3"},
    Registered{"251", "User not local; will forward", "RFC 5321 section 4.2.3"},
    Registered{"252", "Cannot verify the user, but will accept the message",
               "RFC 5321 section 4.2.3"},
    Registered{"421", "Service not available, closing transmission channel",
               "RFC 5321 section 4.2.3"},
    Registered{"432", "A password transition is needed", "RFC 4954"},
    Registered{"450", "Requested mail action not taken: mailbox unavailable",
               "RFC 5321 section 4.2.3"},
    Registered{"451", "Requested action aborted: local error in processing",
               "RFC 5321 section 4.2.3"},
    Registered{"452", "Requested action not taken: insufficient system storage",
               "RFC 5321 section 4.2.3"},
    Registered{"454", "TLS not available, or temporary authentication failure",
               "RFC 3207 and RFC 4954"},
    Registered{"455", "Server unable to accommodate parameters", "RFC 5321 section 4.2.3"},
    Registered{"500", "Syntax error, command unrecognized", "RFC 5321 section 4.2.3"},
    Registered{"501", "Syntax error in parameters or arguments", "RFC 5321 section 4.2.3"},
    Registered{"502", "Command not implemented", "RFC 5321 section 4.2.3"},
    Registered{"503", "Bad sequence of commands", "RFC 5321 section 4.2.3"},
    Registered{"504", "Command parameter not implemented", "RFC 5321 section 4.2.3"},
    Registered{"521", "Host does not accept mail", "RFC 7504"},
    Registered{"530", "Authentication required, or STARTTLS first", "RFC 4954 and RFC 3207"},
    Registered{"534", "Authentication mechanism is too weak", "RFC 4954"},
    Registered{"535", "Authentication credentials invalid", "RFC 4954"},
    Registered{"538", "Encryption required for requested authentication mechanism", "RFC 4954"},
    Registered{"550", "Requested action not taken: mailbox unavailable", "RFC 5321 section 4.2.3"},
    Registered{"551", "User not local; please try another path", "RFC 5321 section 4.2.3"},
    Registered{"552", "Requested mail action aborted: exceeded storage allocation",
               "RFC 5321 section 4.2.3"},
    Registered{"553", "Requested action not taken: mailbox name not allowed",
               "RFC 5321 section 4.2.3"},
    Registered{"554", "Transaction failed", "RFC 5321 section 4.2.3"},
    Registered{"555", "MAIL or RCPT parameters not recognized or not implemented",
               "RFC 5321 section 4.2.3"},
    Registered{"556", "Domain does not accept mail", "RFC 7504"},
};

} // namespace

std::span<const Registered> registered_statuses() {
  return statuses;
}

const Registered* find_registered(std::string_view code) {
  std::string_view wanted = code_in(code);
  const bool dotted = wanted.find('.') != std::string_view::npos;
  const std::span<const Registered> table =
      dotted ? std::span<const Registered>(statuses) : std::span<const Registered>(replies);
  if (dotted) wanted.remove_prefix(2); // the class goes with every subject and detail
  const auto found = std::find_if(table.begin(), table.end(),
                                  [wanted](const Registered& one) { return one.code == wanted; });
  return found == table.end() ? nullptr : &*found;
}

} // namespace tempfail::explain
