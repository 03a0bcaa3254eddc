// What is known of mailbox and connection failures, 4.2.x and 4.3.x.
#include "explain/table.hpp"

#include <array>

namespace tempfail::explain {
namespace {

constexpr std::array<std::string_view, 2> wire_4_2_0 = {
    "(nothing arrives, until the client's time-out)", "420 4.2.0 Time-out during transmission"};
constexpr std::array<std::string_view, 2> sources_4_2_0 = {"RFC 5321 section 4.5.3.2",
                                                           "RFC 3463 section 3.3"};
constexpr std::array<std::string_view, 3> wire_4_2_1 = {
    "421 mx.example Service not available, closing transmission channel",
    "421 4.7.0 Too many connections from your address", "421 4.3.2 System is shutting down"};
constexpr std::array<std::string_view, 3> sources_4_2_1 = {
    "RFC 5321 section 3.8", "RFC 5321 section 4.2.3", "RFC 3463 section 3.3"};
constexpr std::array<std::string_view, 3> wire_4_2_2 = {
    "452 4.2.2 Mailbox full", "422 4.2.2 Recipient's mailbox is over its storage limit",
    "552 5.2.2 Mailbox full (permanent)"};
constexpr std::array<std::string_view, 3> sources_4_2_2 = {
    "RFC 3463 section 3.3", "RFC 5321 section 4.2.2", "RFC 5321 section 4.5.3.1.10"};
constexpr std::array<std::string_view, 2> wire_4_3_1 = {"452 4.3.1 Insufficient system storage",
                                                        "431 4.3.1 Out of disk space"};
constexpr std::array<std::string_view, 3> sources_4_3_1 = {
    "RFC 3463 section 3.4", "RFC 5321 section 4.2.3", "RFC 1870 section 6"};
constexpr std::array<std::string_view, 3> wire_4_3_2 = {
    "432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded",
    "421 4.3.2 Service not available", "452 4.3.2 System overloaded"};
constexpr std::array<std::string_view, 2> sources_4_3_2 = {"RFC 3463 section 3.4",
                                                           "RFC 5321 section 4.5.4.1"};

constexpr std::array<Entry, 5> entries = {{
    {.status = "4.2.0",
     .reply = "420",
     .title = "Time-out or communication problem during transmission",
     .meaning =
         "The connection stood, and during the transmission the line went dead or the session "
         "was dropped. GroupWise writes it as 420.",
     .registered = "Other or undefined mailbox status (X.2.0).",
     .kind = Kind::induced,
     .who = "The sender's own system, in its log and its notifications. A server that says 420 "
            "itself is rare.",
     .why = "A lost line, an overloaded path, or a firewall of the receiver that dislikes the "
            "client's address or the name in EHLO and silently drops the session at that point.",
     .advice =
         "Keep the message and try again. When it happens always at the same point, compare "
         "the name in EHLO with the address's DNS name, and look for a firewall that inspects "
         "SMTP and for path MTU trouble.",
     .when = "After at least 30 minutes, then at growing intervals.",
     .wire = wire_4_2_0,
     .sources = sources_4_2_0},
    {.status = "4.2.1",
     .reply = "421",
     .title = "Service not available, try again later",
     .meaning = "The server can't talk now: it shuts down, is under maintenance, or has too many "
                "connections, from everybody or from this sender.",
     .registered =
         "Mailbox disabled, not accepting messages (X.2.1). The three-digit reply 421 is "
         "another thing: service not available, closing transmission channel; it comes with "
         "4.3.2, 4.4.2, 4.7.0 or none.",
     .kind = Kind::said,
     .who = "The receiving server, at the greeting or in place of any reply; then it closes the "
            "connection.",
     .why = "A concurrency limit per client, a limit of messages per connection, a rate limit, a "
            "shutdown, an idle connection that was kept too long.",
     .advice =
         "Close the connection at once and send nothing more on it. Open fewer connections to "
         "this host. A 421 on a reused idle connection says nothing about the message: open a "
         "new one.",
     .when = "After at least 30 minutes, then at growing intervals; with fewer connections at a "
             "time.",
     .wire = wire_4_2_1,
     .sources = sources_4_2_1},
    {.status = "4.2.2",
     .reply = "422",
     .title = "Mailbox over its storage limit",
     .meaning = "The recipient's mailbox is over its quota, the delivery directory over its limit, "
                "or the message larger than the limit for incoming mail.",
     .registered = "Mailbox full (X.2.2).",
     .kind = Kind::said,
     .who = "The receiving server, at RCPT or after the final dot.",
     .why = "The owner has not read or deleted mail. As a transient failure it may clear; many "
            "servers say 552 5.2.2 and mean for good.",
     .advice = "Try again a few times: the owner may tidy up. Judge each recipient on its own, so "
               "that the others get their copy at once. Tell the author when it stays so.",
     .when = "After an hour or more; quotas are rarely cleared within minutes.",
     .wire = wire_4_2_2,
     .sources = sources_4_2_2},
    {.status = "4.3.1",
     .reply = "431",
     .title = "Mail system full: disk or memory",
     .meaning = "The receiving server is out of disk space or of memory.",
     .registered = "Mail system full (X.3.1).",
     .kind = Kind::said,
     .who = "The receiving server: at MAIL when the announced SIZE does not fit, at RCPT, in the "
            "middle of the content, or after the final dot.",
     .why = "Its spool has filled up, by load or by an attack, or a process ran out of memory.",
     .advice =
         "Keep the message and try again. Announce SIZE, so that the refusal comes before the "
         "content is sent.",
     .when = "After at least 30 minutes, then at growing intervals: disks are cleaned up by "
             "people.",
     .wire = wire_4_3_1,
     .sources = sources_4_3_1},
    {.status = "4.3.2",
     .reply = "432",
     .title = "System not accepting network messages",
     .meaning =
         "The system is there but takes no mail now: maintenance, overload, network trouble. "
         "Exchange says it when its incoming queue was stopped.",
     .registered = "System not accepting network messages (X.3.2).",
     .kind = Kind::said,
     .who = "The receiving server, at the greeting, at MAIL, or at RCPT.",
     .why = "An operator stopped the queue, or the system protects itself from load.",
     .advice = "Keep the message and try again at wide intervals; after the last of three to five "
               "tries report failure. Don't add load to an overloaded system.",
     .when = "1 hour, 4 hours, 12 hours and 24 hours after the preceding try.",
     .wire = wire_4_3_2,
     .sources = sources_4_3_2},
}};

} // namespace

std::span<const Entry> mailbox_and_connection_entries() {
  return entries;
}

} // namespace tempfail::explain
