// What is known of protocol, content and policy failures, 4.5.x to 4.7.x.
#include "explain/table.hpp"

#include <array>

namespace tempfail::explain {
namespace {

constexpr std::array<std::string_view, 2> wire_4_5_0 = {
    "450 4.2.1 Mailbox unavailable, being tidied",
    "450 4.7.1 Client host rejected: cannot find your hostname"};
constexpr std::array<std::string_view, 2> sources_4_5_0 = {"RFC 5321 section 4.2.3",
                                                           "RFC 3463 section 3.6"};
constexpr std::array<std::string_view, 3> wire_4_5_1 = {
    "451 4.7.1 Greylisting in action, please come back later", "451 4.3.0 Temporary local problem",
    "451 4.4.3 Temporary DNS failure"};
constexpr std::array<std::string_view, 3> sources_4_5_1 = {
    "RFC 5321 section 4.2.3", "RFC 6647 section 2", "RFC 3463 section 3.6"};
constexpr std::array<std::string_view, 2> wire_4_5_2 = {"452 4.3.1 Insufficient system storage",
                                                        "452 4.5.3 Too many recipients"};
constexpr std::array<std::string_view, 3> sources_4_5_2 = {
    "RFC 5321 section 4.2.3", "RFC 5321 section 4.5.3.1.10", "RFC 3463 section 3.6"};
constexpr std::array<std::string_view, 1> wire_4_5_3 = {"452 4.5.3 Too many recipients"};
constexpr std::array<std::string_view, 2> sources_4_5_3 = {"RFC 5321 section 4.5.3.1.10",
                                                           "RFC 3463 section 3.6"};
constexpr std::array<std::string_view, 2> wire_4_6_5 = {
    "465 4.6.5 Code page unavailable on recipient server", "554 5.6.5 Conversion failed"};
constexpr std::array<std::string_view, 1> sources_4_6_5 = {"RFC 3463 section 3.7"};
constexpr std::array<std::string_view, 3> wire_4_7_0 = {
    "421 4.7.0 Try again later", "454 4.7.0 TLS not available due to temporary reason",
    "454 4.7.0 Temporary authentication failure"};
constexpr std::array<std::string_view, 3> sources_4_7_0 = {
    "RFC 3207 section 4", "RFC 4954 section 6", "RFC 3463 section 3.8"};
constexpr std::array<std::string_view, 3> wire_4_7_1 = {
    "451 4.7.1 Please try again later", "450 4.7.1 Recipient address rejected: Greylisted",
    "471 4.7.1 Local error, please try again later"};
constexpr std::array<std::string_view, 2> sources_4_7_1 = {"RFC 3463 section 3.8",
                                                           "RFC 6647 section 2"};

constexpr std::array<std::string_view, 2> wire_4_7_5 = {
    "status=deferred (Cannot start TLS: handshake failure) dsn=4.7.5",
    "status=deferred (Server certificate not trusted) dsn=4.7.5"};
constexpr std::array<std::string_view, 3> sources_4_7_5 = {
    "RFC 3463 section 3.8", "RFC 7435 section 3", "RFC 8314 section 3"};

constexpr std::array<Entry, 8> entries = {{
    {.status = "4.5.0",
     .reply = "450",
     .title = "Mailbox unavailable",
     .meaning = "The requested action was not taken because the mailbox can't be used now: it is "
                "being tidied, is corrupt, or lies on a server that is offline. Also said when the "
                "sender is not liked: its address, a blacklist.",
     .registered =
         "Other or undefined protocol status (X.5.0). The three-digit reply 450 mostly comes "
         "with 4.2.0, 4.2.1 or 4.7.1.",
     .kind = Kind::said,
     .who = "The receiving server, mostly at RCPT.",
     .why = "The mailbox is busy, or the server defers the client by policy (greylisting, a "
            "block list, no reverse DNS).",
     .advice =
         "Try again; judge each recipient on its own. When it says 4.7.1 look at the client's "
         "address and name.",
     .when = "After at least 30 minutes, then at growing intervals.",
     .wire = wire_4_5_0,
     .sources = sources_4_5_0},
    {.status = "4.5.1",
     .reply = "451",
     .title = "Local error in processing",
     .meaning =
         "The server gave up an action because of an error of its own: overload, a failed "
         "look-up, a relay behind it that doesn't answer; or it defers the message by policy, "
         "as greylisting and filters do.",
     .registered =
         "Invalid command (X.5.1). The three-digit reply 451 mostly comes with 4.3.0, 4.4.3 "
         "or 4.7.1.",
     .kind = Kind::said,
     .who = "The receiving server, at MAIL, RCPT, DATA or after the final dot.",
     .why = "An internal error, a DNS failure on its side, a content filter that is down, or a "
            "greylist that has not seen this sender and recipient before.",
     .advice = "Try again with the same envelope from the same address. Greylisting passes on the "
               "first retry that is late enough, and starts anew when it is too early or much too "
               "late.",
     .when = "After at least 30 minutes; greylists let pass after 1 to 15 minutes.",
     .wire = wire_4_5_1,
     .sources = sources_4_5_1},
    {.status = "4.5.2",
     .reply = "452",
     .title = "Insufficient storage, or too many recipients",
     .meaning =
         "The requested action was not taken because of insufficient storage. Also the reply "
         "to more recipients than the server takes at once.",
     .registered =
         "Syntax error (X.5.2). The three-digit reply 452 comes with 4.3.1 (storage), 4.2.2 "
         "(mailbox) or 4.5.3 (recipients).",
     .kind = Kind::said,
     .who = "The receiving server, at MAIL, RCPT or after the final dot.",
     .why = "The disk that all sessions share is full, or the limit of recipients is reached.",
     .advice =
         "Send to the recipients that were accepted; try the others again in a transaction of "
         "their own, at once when the cause is their number.",
     .when = "Storage: after at least 30 minutes, then at growing intervals. Number of "
             "recipients: at once, in a new transaction.",
     .wire = wire_4_5_2,
     .sources = sources_4_5_2},
    {.status = "4.5.3",
     .reply = "453",
     .title = "Too many recipients",
     .meaning = "More recipients were given than the server takes in one transaction.",
     .registered = "Too many recipients (X.5.3).",
     .kind = Kind::said,
     .who = "The receiving server, at the first RCPT over its limit, as 452 4.5.3.",
     .why = "Servers take at least 100 recipients, and some limit their number to slow down mass "
            "mail.",
     .advice = "Send the content to those accepted, and the rest in further transactions. An old "
               "552 here is to be read as 452.",
     .when = "At once, in a new transaction.",
     .wire = wire_4_5_3,
     .sources = sources_4_5_3},
    {.status = "4.6.5",
     .reply = "465",
     .title = "Code page not available on the recipient's server",
     .meaning = "The message's character set is not installed on the recipient's server, and it "
                "could not be converted.",
     .registered = "Conversion failed (X.6.5).",
     .kind = Kind::said,
     .who = "The receiving server or a gateway, after the final dot.",
     .why = "The text uses a code page that the server has not installed.",
     .advice = "The same message unchanged will be refused until someone installs it. Send it as "
               "UTF-8, or tell the author.",
     .when = "At growing intervals; repeating it at short ones is of no use.",
     .wire = wire_4_6_5,
     .sources = sources_4_6_5},
    {.status = "4.7.0",
     .reply = "470",
     .title = "Other security status",
     .meaning =
         "A security function refused or failed for the time being: too many connections, TLS "
         "not available now, authentication that can't be checked.",
     .registered = "Other or undefined security status (X.7.0).",
     .kind = Kind::said,
     .who = "The receiving server: 421 4.7.0 for limits, 454 4.7.0 for TLS and for AUTH.",
     .why = "A policy limit was hit, or the TLS or authentication backend is down.",
     .advice =
         "Try again. Never send in clear what was to be protected, and don't ask the user for "
         "a new password because of it.",
     .when = "After at least 30 minutes, then at growing intervals.",
     .wire = wire_4_7_0,
     .sources = sources_4_7_0},
    {.status = "4.7.1",
     .reply = "471",
     .title = "Please try again later: a scanner or filter on the way is out of order",
     .meaning = "A local error, often on the sender's own side: an update of the virus or spam "
                "scanner went wrong, it is out of memory or disk. Also the wording of greylisting.",
     .registered = "Delivery not authorized, message refused (X.7.1).",
     .kind = Kind::both,
     .who = "The receiving server after the final dot (451 4.7.1) or at RCPT (greylisting, 450 "
            "4.7.1); or the sender's own scanner.",
     .why = "The scanner does not answer, so the message can't be let through; or the server "
            "does not know the sender yet.",
     .advice = "Try again; look at your own scanner first.",
     .when = "After at least 30 minutes; greylists let pass after 1 to 15 minutes.",
     .wire = wire_4_7_1,
     .sources = sources_4_7_1},
    {.status = "4.7.5",
     .reply = "475",
     .title = "TLS failed, or the certificate is not right",
     .meaning =
         "The handshake came to nothing, or the certificate it ended with is not one that the "
         "sender may believe.",
     .registered = "Cryptographic failure (X.7.5).",
     .kind = Kind::induced,
     .who = "The sender's own system, in its log and its notifications.",
     .why =
         "The certificate has expired, is another host's or of an unknown authority; or no version "
         "or cipher is common to both; or the connection was lost in the handshake.",
     .advice =
         "Treat it as a lost connection: try again, and the next host. Never in clear text where "
         "TLS is required; where it is opportunistic, go on without.",
     .when = "After at least 30 minutes, then at growing intervals.",
     .wire = wire_4_7_5,
     .sources = sources_4_7_5},
}};

} // namespace

std::span<const Entry> protocol_and_policy_entries() {
  return entries;
}

} // namespace tempfail::explain
