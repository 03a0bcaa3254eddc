// What is known of registered statuses that no one three-digit reply stands for.
#include "explain/table.hpp"

#include <array>

namespace tempfail::explain {
namespace {

constexpr std::array<std::string_view, 1> wire_4_0_0 = {"451 4.0.0 Please try again later"};
constexpr std::array<std::string_view, 1> sources_4_0_0 = {"RFC 3463 section 3.1"};
constexpr std::array<std::string_view, 1> wire_4_1_8 = {
    "450 4.1.8 <me@example.org>: Sender address rejected: Domain not found"};
constexpr std::array<std::string_view, 1> sources_4_1_8 = {"RFC 3463 section 3.2"};
constexpr std::array<std::string_view, 2> wire_4_3_0 = {"451 4.3.0 Temporary local problem",
                                                        "451 4.3.0 Error: queue file write error"};
constexpr std::array<std::string_view, 2> sources_4_3_0 = {"RFC 3463 section 3.4",
                                                           "RFC 5321 section 4.2.3"};
constexpr std::array<std::string_view, 1> wire_4_7_28 = {
    "421-4.7.28 Gmail has detected an unusual rate of unsolicited mail"};
constexpr std::array<std::string_view, 2> sources_4_7_28 = {"RFC 5248 section 2",
                                                            "RFC 3463 section 3.8"};
constexpr std::array<std::string_view, 1> wire_5_0_0 = {"550 5.0.0 Message not accepted"};
constexpr std::array<std::string_view, 1> sources_5_0_0 = {"RFC 3463 section 3.1"};
constexpr std::array<std::string_view, 1> wire_5_2_1 = {
    "550 5.2.1 The email account that you tried to reach is disabled"};
constexpr std::array<std::string_view, 1> sources_5_2_1 = {"RFC 3463 section 3.3"};
constexpr std::array<std::string_view, 1> wire_5_2_3 = {
    "552 5.2.3 Message exceeds the recipient's maximum size"};
constexpr std::array<std::string_view, 2> sources_5_2_3 = {"RFC 3463 section 3.3",
                                                           "RFC 1870 section 6"};
constexpr std::array<std::string_view, 1> wire_5_6_5 = {
    "554 5.6.5 Conversion failed: character set not available"};
constexpr std::array<std::string_view, 1> sources_5_6_5 = {"RFC 3463 section 3.7"};
constexpr std::array<std::string_view, 1> wire_5_7_2 = {
    "553 5.7.2 [TSS09] All messages from 192.0.2.1 will be permanently deferred"};
constexpr std::array<std::string_view, 1> sources_5_7_2 = {"RFC 3463 section 3.8"};
constexpr std::array<std::string_view, 1> wire_5_7_10 = {"538 5.7.10 Encryption needed"};
constexpr std::array<std::string_view, 2> sources_5_7_10 = {"RFC 5248 section 2",
                                                            "RFC 8461 section 4"};
constexpr std::array<std::string_view, 1> wire_5_7_20 = {
    "550 5.7.20 No passing DKIM signature found"};
constexpr std::array<std::string_view, 1> sources_5_7_20 = {"RFC 7372 section 3.1"};
constexpr std::array<std::string_view, 1> wire_5_7_25 = {
    "550 5.7.25 Reverse DNS validation failed"};
constexpr std::array<std::string_view, 1> sources_5_7_25 = {"RFC 7372 section 3.3"};
constexpr std::array<std::string_view, 1> wire_5_7_26 = {
    "550-5.7.26 This mail has been blocked because the sender is unauthenticated."};
constexpr std::array<std::string_view, 1> sources_5_7_26 = {"RFC 7372 section 3.4"};

constexpr std::array<std::string_view, 1> wire_5_7_30 = {"550 5.7.30 REQUIRETLS support required"};
constexpr std::array<std::string_view, 2> sources_5_7_30 = {"RFC 8689 section 4.2.1",
                                                            "RFC 8689 section 7"};

constexpr std::array<Entry, 14> entries = {{
    {.status = "4.0.0",
     .reply = "",
     .title = "Failed for now, without a reason",
     .meaning = "Something failed that may pass, and nothing more is known.",
     .registered = "Other undefined status (X.0.0).",
     .kind = Kind::both,
     .who = "A server that has no better code, or the sender's own system for a 4yz reply without "
            "a status.",
     .why = "Unknown: only the first digit means anything.",
     .advice = "Keep the message and try again; read the reply's text for the cause.",
     .when = "After at least 30 minutes, then at growing intervals.",
     .wire = wire_4_0_0,
     .sources = sources_4_0_0},
    {.status = "4.1.8",
     .reply = "",
     .title = "Sender's domain not found for now",
     .meaning = "The domain of the envelope sender can't be looked up, so a notification could not "
                "be returned.",
     .registered = "Bad sender's system address (X.1.8).",
     .kind = Kind::said,
     .who = "The receiving server, at MAIL or RCPT.",
     .why =
         "The sender's domain has no MX and no address record, or its name servers don't answer.",
     .advice = "Keep the message and try again, and see to the DNS of your own domain: as long as "
               "it does not resolve, everything is refused.",
     .when = "After at least 30 minutes, then at growing intervals.",
     .wire = wire_4_1_8,
     .sources = sources_4_1_8},
    {.status = "4.3.0",
     .reply = "",
     .title = "Mail system fails for now",
     .meaning = "The receiving system has a problem of its own: memory, a filter, a backend, a "
                "configuration.",
     .registered = "Other or undefined mail system status (X.3.0).",
     .kind = Kind::said,
     .who = "The receiving server, at any command, mostly after the final dot.",
     .why = "A content filter that does not answer, a full table, a process that can't be started.",
     .advice = "Keep the message and try again: nothing is wrong with it.",
     .when = "After at least 30 minutes, then at growing intervals.",
     .wire = wire_4_3_0,
     .sources = sources_4_3_0},
    {.status = "4.7.28",
     .reply = "",
     .title = "Rate limit: too much mail of a kind",
     .meaning = "Mail from the client's address, network or domain comes faster than the server "
                "wants, or looks like a flood of unwanted mail.",
     .registered = "Mail flood detected (X.7.28).",
     .kind = Kind::said,
     .who = "The receiving server, from the greeting to the final dot; Gmail says 421-4.7.28.",
     .why = "A new address that sends much at once, a list that was not cleaned, complaints of "
            "recipients.",
     .advice = "Keep the message, close the connection, and send less at a time to this provider "
               "until it takes mail again. Trying more often makes it last.",
     .when = "After at least 30 minutes, then at growing intervals, with fewer messages.",
     .wire = wire_4_7_28,
     .sources = sources_4_7_28},
    {.status = "5.0.0",
     .reply = "",
     .title = "Failed for good, without a reason",
     .meaning = "Something failed for good, and nothing more is known.",
     .registered = "Other undefined status (X.0.0).",
     .kind = Kind::both,
     .who = "A server that has no better code, or the sender's own system for a 5yz reply without "
            "a status.",
     .why = "Unknown: only the first digit means anything.",
     .advice = "Report failure to the author, once; the reply's text is all there is.",
     .when = "Never: report failure once.",
     .wire = wire_5_0_0,
     .sources = sources_5_0_0},
    {.status = "5.2.1",
     .reply = "",
     .title = "Mailbox disabled",
     .meaning =
         "The mailbox exists, and takes no mail any more: the account is suspended or closed.",
     .registered = "Mailbox disabled, not accepting messages (X.2.1).",
     .kind = Kind::said,
     .who = "The receiving server, at RCPT.",
     .why = "The account was blocked, or not used for too long.",
     .advice = "Report it once and take the address off every list.",
     .when = "Never: report failure once.",
     .wire = wire_5_2_1,
     .sources = sources_5_2_1},
    {.status = "5.2.3",
     .reply = "",
     .title = "Message too large for this mailbox",
     .meaning =
         "The message is larger than this recipient takes; others at the same server may take it.",
     .registered = "Message length exceeds administrative limit (X.2.3).",
     .kind = Kind::said,
     .who = "The receiving server, at RCPT or after the final dot.",
     .why = "A limit of one mailbox, below the SIZE that the server announces.",
     .advice = "Report it once for this recipient; a smaller message is another message.",
     .when = "Never: report failure once.",
     .wire = wire_5_2_3,
     .sources = sources_5_2_3},
    {.status = "5.6.5",
     .reply = "",
     .title = "Conversion failed",
     .meaning = "The content could not be turned into a form that the recipient's server can keep.",
     .registered = "Conversion failed (X.6.5).",
     .kind = Kind::both,
     .who = "The receiving server after the final dot, or a gateway in its notification.",
     .why =
         "A character set that the server does not know, or content that does not fit its label.",
     .advice = "Report it once; the same text in UTF-8, correctly labelled, is another message.",
     .when = "Never: report failure once.",
     .wire = wire_5_6_5,
     .sources = sources_5_6_5},
    {.status = "5.7.2",
     .reply = "",
     .title = "Sender may not send to this list",
     .meaning = "The sender is not allowed to send to a mailing list. Yahoo uses it for a sender "
                "whose mail it no longer wants at all.",
     .registered = "Mailing list expansion prohibited (X.7.2).",
     .kind = Kind::said,
     .who = "The receiving server, at RCPT; Yahoo at MAIL.",
     .why = "Only members may write to the list; at Yahoo, complaints about earlier mail.",
     .advice = "Report it once; ask the list's owner, or the provider's postmaster.",
     .when = "Never: report failure once.",
     .wire = wire_5_7_2,
     .sources = sources_5_7_2},
    {.status = "5.7.10",
     .reply = "",
     .title = "Encryption needed",
     .meaning = "The server, or the sender's own policy, wants TLS, and there is none.",
     .registered = "Encryption needed (X.7.10).",
     .kind = Kind::both,
     .who = "The receiving server to a command in the clear, or the sender's own system when a "
            "server that must not be used without TLS offers no STARTTLS.",
     .why = "STARTTLS is not offered, was stripped on the way, or was not used.",
     .advice = "Say STARTTLS first. Where a policy (MTA-STS, DANE) wants TLS and none is offered, "
               "keep the message and try again rather than send it in the clear.",
     .when = "When it was said: never in the clear. When the sender's own policy asks for it: at "
             "growing intervals, for 4 to 5 days.",
     .wire = wire_5_7_10,
     .sources = sources_5_7_10},
    {.status = "5.7.20",
     .reply = "",
     .title = "No valid DKIM signature",
     .meaning =
         "The message bears no DKIM signature that can be verified, and the server wants one.",
     .registered = "No passing DKIM signature found (X.7.20).",
     .kind = Kind::said,
     .who = "The receiving server, after the final dot.",
     .why = "The message was not signed, was changed after signing, or the key is missing from the "
            "DNS.",
     .advice = "Report it once; sign the domain's mail and publish the key.",
     .when = "Never: report failure once.",
     .wire = wire_5_7_20,
     .sources = sources_5_7_20},
    {.status = "5.7.25",
     .reply = "",
     .title = "No valid reverse DNS",
     .meaning = "The client's address has no name in the DNS, or the name does not lead back to "
                "the address.",
     .registered = "Reverse DNS validation failed (X.7.25).",
     .kind = Kind::said,
     .who = "The receiving server, from the greeting to the final dot.",
     .why = "A missing PTR record, mostly of an address that is not meant to send mail.",
     .advice = "Report it once; have the address's owner set a PTR record whose name resolves to "
               "the address.",
     .when = "Never: report failure once.",
     .wire = wire_5_7_25,
     .sources = sources_5_7_25},
    {.status = "5.7.26",
     .reply = "",
     .title = "Several authentication checks failed",
     .meaning = "The message failed more than one check of who it is from: SPF, DKIM, DMARC.",
     .registered = "Multiple authentication checks failed (X.7.26).",
     .kind = Kind::said,
     .who = "The receiving server, after the final dot; Gmail says it of unauthenticated mail.",
     .why = "The domain has no SPF record that allows the client, and no DKIM signature that "
            "verifies.",
     .advice = "Report it once; mend SPF and DKIM of the domain in the From field.",
     .when = "Never: report failure once.",
     .wire = wire_5_7_26,
     .sources = sources_5_7_26},
    {.status = "5.7.30",
     .reply = "",
     .title = "REQUIRETLS is not offered",
     .meaning = "The message is to travel inside TLS all the way (REQUIRETLS), and no server of "
                "its domain "
                "promises that.",
     .registered = "REQUIRETLS support required (X.7.30).",
     .kind = Kind::both,
     .who = "The sender's own system, when EHLO inside TLS does not announce REQUIRETLS.",
     .why = "The receiving server does not know the extension.",
     .advice = "Do not send the message; return it to its author, with no more than its header.",
     .when = "Never: report failure once.",
     .wire = wire_5_7_30,
     .sources = sources_5_7_30},
}};

} // namespace

std::span<const Entry> common_entries() {
  return entries;
}

} // namespace tempfail::explain
