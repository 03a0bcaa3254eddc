// What is known of permanent failures, 5.x.x.
#include "explain/table.hpp"

#include <array>

namespace tempfail::explain {
namespace {

constexpr std::array<std::string_view, 1> wire_5_1_1 = {"550 5.1.1 User unknown"};
constexpr std::array<std::string_view, 2> sources_5_1_1 = {"RFC 3463 section 3.2",
                                                           "RFC 5321 section 4.2.2"};
constexpr std::array<std::string_view, 1> wire_5_1_2 = {"550 5.1.2 Domain not found"};
constexpr std::array<std::string_view, 2> sources_5_1_2 = {"RFC 3463 section 3.2",
                                                           "RFC 5321 section 5.1"};
constexpr std::array<std::string_view, 1> wire_5_1_3 = {"553 5.1.3 Mailbox name not allowed"};
constexpr std::array<std::string_view, 2> sources_5_1_3 = {"RFC 3463 section 3.2",
                                                           "RFC 5321 section 4.2.2"};
constexpr std::array<std::string_view, 1> wire_5_1_10 = {
    "556 5.1.10 Recipient address has null MX"};
constexpr std::array<std::string_view, 2> sources_5_1_10 = {"RFC 7505 section 4.1",
                                                            "RFC 7504 section 3"};
constexpr std::array<std::string_view, 1> wire_5_2_2 = {"552 5.2.2 Mailbox full"};
constexpr std::array<std::string_view, 2> sources_5_2_2 = {"RFC 3463 section 3.3",
                                                           "RFC 5321 section 4.2.1"};
constexpr std::array<std::string_view, 1> wire_5_3_2 = {
    "521 5.3.2 mx.example does not accept mail"};
constexpr std::array<std::string_view, 2> sources_5_3_2 = {"RFC 7504 section 2",
                                                           "RFC 3463 section 3.4"};
constexpr std::array<std::string_view, 1> wire_5_3_4 = {
    "552 5.3.4 Message size exceeds fixed limit"};
constexpr std::array<std::string_view, 2> sources_5_3_4 = {"RFC 1870 section 6",
                                                           "RFC 3463 section 3.4"};
constexpr std::array<std::string_view, 1> wire_5_4_1 = {
    "550 5.4.1 Recipient address rejected: Access denied"};
constexpr std::array<std::string_view, 1> sources_5_4_1 = {"RFC 3463 section 3.5"};
constexpr std::array<std::string_view, 1> wire_5_4_4 = {"550 5.4.4 Host not found"};
constexpr std::array<std::string_view, 2> sources_5_4_4 = {"RFC 3463 section 3.5",
                                                           "RFC 5321 section 5.1"};
constexpr std::array<std::string_view, 1> wire_5_4_6 = {"554 5.4.6 Too many hops"};
constexpr std::array<std::string_view, 2> sources_5_4_6 = {"RFC 5321 section 6.3",
                                                           "RFC 3463 section 3.5"};
constexpr std::array<std::string_view, 1> wire_5_4_7 = {"Status: 5.4.7"};
constexpr std::array<std::string_view, 2> sources_5_4_7 = {"RFC 3463 section 3.5",
                                                           "RFC 5321 section 4.5.4.1"};
constexpr std::array<std::string_view, 1> wire_5_5_1 = {"503 5.5.1 Error: need MAIL command"};
constexpr std::array<std::string_view, 2> sources_5_5_1 = {"RFC 5321 section 4.1.4",
                                                           "RFC 3463 section 3.6"};
constexpr std::array<std::string_view, 1> wire_5_5_2 = {
    "500 5.5.2 Syntax error, command unrecognized"};
constexpr std::array<std::string_view, 2> sources_5_5_2 = {"RFC 5321 section 4.2.4",
                                                           "RFC 3463 section 3.6"};
constexpr std::array<std::string_view, 1> wire_5_6_1 = {"554 5.6.1 Media not supported"};
constexpr std::array<std::string_view, 2> sources_5_6_1 = {"RFC 3463 section 3.7",
                                                           "RFC 6152 section 3"};
constexpr std::array<std::string_view, 2> wire_5_7_0 = {
    "530 5.7.0 Authentication required", "530 5.7.0 Must issue a STARTTLS command first"};
constexpr std::array<std::string_view, 2> sources_5_7_0 = {"RFC 4954 section 6",
                                                           "RFC 3207 section 4"};
constexpr std::array<std::string_view, 2> wire_5_7_1 = {"554 5.7.1 Message rejected",
                                                        "550 5.7.1 Relaying denied"};
constexpr std::array<std::string_view, 2> sources_5_7_1 = {"RFC 3463 section 3.8",
                                                           "RFC 5321 section 4.2.2"};
constexpr std::array<std::string_view, 1> wire_5_6_7 = {"553 5.6.7 Address needs SMTPUTF8"};
constexpr std::array<std::string_view, 2> sources_5_6_7 = {"RFC 6531 section 3.2",
                                                           "RFC 6531 section 3.5"};
constexpr std::array<std::string_view, 1> wire_5_7_8 = {
    "535 5.7.8 Authentication credentials invalid"};
constexpr std::array<std::string_view, 2> sources_5_7_8 = {"RFC 4954 section 6",
                                                           "RFC 3463 section 3.8"};

constexpr std::array<Entry, 18> entries = {{
    {.status = "5.1.1",
     .reply = "550",
     .title = "No such mailbox",
     .meaning = "The address does not exist at this server.",
     .registered = "Bad destination mailbox address (X.1.1).",
     .kind = Kind::said,
     .who = "The receiving server, at RCPT.",
     .why = "A typing error, or the person has left.",
     .advice = "Report it once, take the address off every list. Repeating it harms the sender's "
               "reputation.",
     .when = "Never: report failure once.",
     .wire = wire_5_1_1,
     .sources = sources_5_1_1},
    {.status = "5.1.2",
     .reply = "550",
     .title = "Bad destination system",
     .meaning = "The domain of the address does not exist, or takes no mail.",
     .registered = "Bad destination system address (X.1.2).",
     .kind = Kind::both,
     .who = "The sender's own system after NXDOMAIN, or a server that checks.",
     .why = "A typing error in the domain, or the domain is gone.",
     .advice = "Report it once. A look-up that failed is another thing: 4.4.3.",
     .when = "Never: report failure once.",
     .wire = wire_5_1_2,
     .sources = sources_5_1_2},
    {.status = "5.1.3",
     .reply = "553",
     .title = "Bad address syntax",
     .meaning = "The address is not one that a mailbox can have.",
     .registered = "Bad destination mailbox address syntax (X.1.3).",
     .kind = Kind::said,
     .who = "The receiving server, at RCPT or MAIL.",
     .why = "A malformed address got into the envelope.",
     .advice = "Report it once, and check addresses before they are put in the queue.",
     .when = "Never: report failure once.",
     .wire = wire_5_1_3,
     .sources = sources_5_1_3},
    {.status = "5.1.10",
     .reply = "556",
     .title = "Domain does not accept mail",
     .meaning = "The domain says by a null MX record that it takes no mail.",
     .registered = "Recipient address has null MX (X.1.10).",
     .kind = Kind::both,
     .who = "The sender's own system after it saw the null MX, or a relay as 556.",
     .why = "A domain that only sends, or sends nothing.",
     .advice = "Report it once, without a connection; there is no address to fall back to.",
     .when = "Never: report failure once.",
     .wire = wire_5_1_10,
     .sources = sources_5_1_10},
    {.status = "5.2.2",
     .reply = "552",
     .title = "Mailbox full, for good",
     .meaning =
         "The recipient's mailbox is over its quota, and the server does not want to see the "
         "message again.",
     .registered = "Mailbox full (X.2.2).",
     .kind = Kind::said,
     .who = "The receiving server, at RCPT or after the final dot.",
     .why = "The owner does not read the mailbox.",
     .advice = "Report it once. That the status ends like 4.2.2 does not make it transient: the "
               "first digit decides. (An old 552 to RCPT because of the number of recipients is to "
               "be read as 452.)",
     .when = "Never: report failure once.",
     .wire = wire_5_2_2,
     .sources = sources_5_2_2},
    {.status = "5.3.2",
     .reply = "521",
     .title = "Host does not accept mail",
     .meaning = "The host never takes mail, from anybody.",
     .registered = "System not accepting network messages (X.3.2).",
     .kind = Kind::said,
     .who = "The host itself, as its greeting, or to every command but QUIT.",
     .why = "A host that only sends mail, or a decoy, still answers on port 25.",
     .advice = "Say QUIT. Try the next MX host, else report it once.",
     .when = "Never: report failure once.",
     .wire = wire_5_3_2,
     .sources = sources_5_3_2},
    {.status = "5.3.4",
     .reply = "552",
     .title = "Message too big",
     .meaning = "The message is larger than the server takes.",
     .registered = "Message too big for system (X.3.4).",
     .kind = Kind::said,
     .who = "The receiving server, at MAIL by the announced SIZE, or after the final dot.",
     .why = "A limit that was announced in the EHLO reply.",
     .advice = "Read the limit after SIZE in the EHLO reply and don't send what is larger. Report "
               "it once; a smaller message is another message.",
     .when = "Never: report failure once.",
     .wire = wire_5_3_4,
     .sources = sources_5_3_4},
    {.status = "5.4.1",
     .reply = "541",
     .title = "No answer from host, for good",
     .meaning = "The host was not reached, and the sender has given up; or a relay refuses because "
                "it can't.",
     .registered = "No answer from host (X.4.1).",
     .kind = Kind::both,
     .who = "The sender's own system in its notification, or a relay as 550 5.4.1.",
     .why = "As 4.4.1, but final.",
     .advice = "Report it once.",
     .when = "Never: report failure once.",
     .wire = wire_5_4_1,
     .sources = sources_5_4_1},
    {.status = "5.4.4",
     .reply = "544",
     .title = "Unable to route",
     .meaning = "There is no way to the recipient's domain: the name does not exist or has neither "
                "MX nor address.",
     .registered = "Unable to route (X.4.4).",
     .kind = Kind::both,
     .who = "The sender's own system, or a relay.",
     .why = "NXDOMAIN, no MX and no address, or only an MX that can't be used.",
     .advice = "Report it once; check the domain's spelling and its DNS.",
     .when = "Never: report failure once.",
     .wire = wire_5_4_4,
     .sources = sources_5_4_4},
    {.status = "5.4.6",
     .reply = "546",
     .title = "Routing loop",
     .meaning = "The message has passed more hosts than the limit: it goes round in circles.",
     .registered = "Routing loop detected (X.4.6).",
     .kind = Kind::both,
     .who = "The server that counts more Received: fields than it allows (at least 100).",
     .why = "A forwarding rule or an MX record that points back.",
     .advice = "Report it once and mend the routing.",
     .when = "Never: report failure once.",
     .wire = wire_5_4_6,
     .sources = sources_5_4_6},
    {.status = "5.4.7",
     .reply = "547",
     .title = "Delivery time expired",
     .meaning = "The sender has given up: the message waited for too long.",
     .registered = "Delivery time expired (X.4.7).",
     .kind = Kind::induced,
     .who = "The sender's own system.",
     .why = "As 4.4.7.",
     .advice = "The message is reported as failed; look at the last transient failure for the "
               "cause.",
     .when = "Never: report failure once.",
     .wire = wire_5_4_7,
     .sources = sources_5_4_7},
    {.status = "5.5.1",
     .reply = "503",
     .title = "Bad sequence of commands",
     .meaning = "A command came where it is not allowed, or is not known.",
     .registered = "Invalid command (X.5.1).",
     .kind = Kind::said,
     .who = "The receiving server, at any command.",
     .why = "The client does not follow the protocol.",
     .advice = "Mend the client: MAIL, RCPT and DATA in this order.",
     .when = "Never: report failure once.",
     .wire = wire_5_5_1,
     .sources = sources_5_5_1},
    {.status = "5.5.2",
     .reply = "500",
     .title = "Syntax error",
     .meaning = "A command could not be understood.",
     .registered = "Syntax error (X.5.2).",
     .kind = Kind::said,
     .who = "The receiving server, at any command.",
     .why = "A malformed or too long line.",
     .advice = "Mend the client. An EHLO refused like this is followed by HELO.",
     .when = "Never: report failure once.",
     .wire = wire_5_5_2,
     .sources = sources_5_5_2},
    {.status = "5.6.1",
     .reply = "554",
     .title = "Media not supported",
     .meaning = "The content is of a kind that the server can't deliver.",
     .registered = "Media not supported (X.6.1).",
     .kind = Kind::said,
     .who = "The receiving server, after the final dot.",
     .why = "8-bit content to a 7-bit server, or a forbidden attachment.",
     .advice = "Report it once, or convert the message where you may.",
     .when = "Never: report failure once.",
     .wire = wire_5_6_1,
     .sources = sources_5_6_1},
    {.status = "5.7.0",
     .reply = "530",
     .title = "Authentication or encryption required",
     .meaning = "The server wants AUTH or STARTTLS before it takes mail.",
     .registered = "Other or undefined security status (X.7.0).",
     .kind = Kind::said,
     .who = "The receiving server, at MAIL.",
     .why = "A submission service, or a server that wants TLS.",
     .advice = "Say STARTTLS or AUTH first. Without credentials report it once.",
     .when = "Never: report failure once.",
     .wire = wire_5_7_0,
     .sources = sources_5_7_0},
    {.status = "5.7.1",
     .reply = "554",
     .title = "Refused by policy",
     .meaning = "The server does not want this message from this sender.",
     .registered = "Delivery not authorized, message refused (X.7.1).",
     .kind = Kind::said,
     .who = "The receiving server, at the greeting, MAIL, RCPT or after the final dot.",
     .why = "A block list, a content filter, no right to relay, failed authentication of the "
            "domain.",
     .advice = "Report it once and look for the cause; don't repeat it.",
     .when = "Never: report failure once.",
     .wire = wire_5_7_1,
     .sources = sources_5_7_1},
    {.status = "5.6.7",
     .reply = "553",
     .title = "Address beyond ASCII not permitted",
     .meaning = "An address has letters beyond ASCII, and the server does not take such addresses.",
     .registered = "Non-ASCII addresses not permitted for that sender/recipient (X.6.7).",
     .kind = Kind::both,
     .who =
         "The receiving server, at MAIL or RCPT; or the sender itself, in its notification, where "
         "the server does not announce SMTPUTF8.",
     .why = "A server without SMTPUTF8, or a sender that did not ask for it at MAIL.",
     .advice = "Report it once; don't send to an address that was made up instead.",
     .when = "Never: report failure once.",
     .wire = wire_5_6_7,
     .sources = sources_5_6_7},
    {.status = "5.7.8",
     .reply = "535",
     .title = "Authentication failed",
     .meaning = "Name or password is wrong.",
     .registered = "Authentication credentials invalid (X.7.8).",
     .kind = Kind::said,
     .who = "The receiving server, to AUTH.",
     .why = "A wrong or expired password. A backend that is down says 454 4.7.0.",
     .advice = "Ask for new credentials; don't repeat the same ones, which can lock the account. "
               "Keep the message.",
     .when = "Not with the same credentials.",
     .wire = wire_5_7_8,
     .sources = sources_5_7_8},
}};

} // namespace

std::span<const Entry> permanent_entries() {
  return entries;
}

} // namespace tempfail::explain
