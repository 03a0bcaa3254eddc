// What is known of routing and network failures, 4.4.x.
#include "explain/table.hpp"

#include <array>

namespace tempfail::explain {
namespace {

constexpr std::array<std::string_view, 2> wire_4_4_1 = {
    "connect to mx.example[192.0.2.1]:25: Connection timed out",
    "connect to mx.example[192.0.2.1]:25: Connection refused"};
constexpr std::array<std::string_view, 3> sources_4_4_1 = {
    "RFC 3463 section 3.5", "RFC 5321 section 4.5.4.1", "RFC 5321 section 5.1"};
constexpr std::array<std::string_view, 2> wire_4_4_2 = {
    "lost connection with mx.example[192.0.2.1] while sending end of data",
    "421 4.4.2 Connection dropped due to timeout"};
constexpr std::array<std::string_view, 3> sources_4_4_2 = {"RFC 3463 section 3.5",
                                                           "RFC 5321 section 6.1", "RFC 1047"};
constexpr std::array<std::string_view, 2> wire_4_4_3 = {
    "Host or domain name not found. Name service error for name=example type=MX: Host not "
    "found, try again",
    "451 4.4.3 Temporary DNS failure"};
constexpr std::array<std::string_view, 2> sources_4_4_3 = {"RFC 3463 section 3.5",
                                                           "RFC 5321 section 5.1"};
constexpr std::array<std::string_view, 2> wire_4_4_4 = {
    "connect to mx.example[192.0.2.1]:25: Network is unreachable", "Status: 4.4.4"};
constexpr std::array<std::string_view, 2> sources_4_4_4 = {"RFC 3463 section 3.5",
                                                           "RFC 5321 section 4.5.4.1"};
constexpr std::array<std::string_view, 2> wire_4_4_6 = {
    "554 5.4.6 Too many hops", "446 4.4.6 Hop count exceeded, possible mail loop"};
constexpr std::array<std::string_view, 2> sources_4_4_6 = {"RFC 3463 section 3.5",
                                                           "RFC 5321 section 6.3"};
constexpr std::array<std::string_view, 2> wire_4_4_7 = {
    "Status: 4.4.7", "delivery temporarily suspended ... message expired"};
constexpr std::array<std::string_view, 3> sources_4_4_7 = {
    "RFC 3463 section 3.5", "RFC 5321 section 4.5.4.1", "RFC 3464 section 2.3.4"};
constexpr std::array<std::string_view, 2> wire_4_4_9 = {
    "449 4.4.9 Routing error", "unable to find a route to the destination"};
constexpr std::array<std::string_view, 2> sources_4_4_9 = {"RFC 5321 section 5.1",
                                                           "RFC 7505 section 3"};

constexpr std::array<Entry, 7> entries = {{
    {.status = "4.4.1",
     .reply = "441",
     .title = "No answer from host",
     .meaning = "The connection attempt was not answered: nobody could be reached.",
     .registered = "No answer from host (X.4.1): the outbound connection attempt was not answered, "
                   "because the remote system was busy or unable to take a call.",
     .kind = Kind::induced,
     .who = "The sender's own system. Nobody says it on the wire, because there is no "
            "connection.",
     .why = "The host is down, behind a firewall, overloaded or under maintenance; the route or "
            "the DNS is broken; the connection was refused or timed out, or no greeting came.",
     .advice =
         "Try the next MX host at once, then keep the message and try again. Take a host that "
         "stays unreachable off the active list for a while.",
     .when = "Earlier than other soft bounces is allowed: 30 minutes to a few hours.",
     .wire = wire_4_4_1,
     .sources = sources_4_4_1},
    {.status = "4.4.2",
     .reply = "442",
     .title = "Connection dropped",
     .meaning = "A connection was made, and lost before the message was delivered.",
     .registered =
         "Bad connection (X.4.2): the outbound connection was established, but was unable to "
         "complete the message transaction.",
     .kind = Kind::induced,
     .who = "The sender's own system. A server that closes an idle session may say 421 4.4.2 "
            "first.",
     .why = "The server or something on the way closed or reset the connection, at any stage, or "
            "went silent until the client's time-out.",
     .advice = "Keep the message and try again. When the connection was lost after the final dot "
               "and before the reply, the server may have the message: a second try may make a "
               "duplicate, which is allowed, and a loss is not.",
     .when = "30 minutes to 2 hours.",
     .wire = wire_4_4_2,
     .sources = sources_4_4_2},
    {.status = "4.4.3",
     .reply = "443",
     .title = "Directory server failure",
     .meaning = "The routing information could not be had: the DNS failed.",
     .registered = "Directory server failure (X.4.3): the network system was unable to forward the "
                   "message, because a directory server was unavailable.",
     .kind = Kind::both,
     .who = "The sender's own system about its own resolver; or the receiving server (451 4.4.3) "
            "when a look-up it needs fails.",
     .why = "A name server answers SERVFAIL or REFUSED, nothing, or garbage. That a name does "
            "not exist (NXDOMAIN) is another thing: 5.1.2 or 5.4.4.",
     .advice =
         "Keep the message and try again; never treat a failed look-up as a name that doesn't "
         "exist.",
     .when = "After at least 30 minutes, then at growing intervals.",
     .wire = wire_4_4_3,
     .sources = sources_4_4_3},
    {.status = "4.4.4",
     .reply = "",
     .title = "No way to the next host",
     .meaning = "The next host is known, and no way leads there: no route, or a router that says "
                "that its network is unreachable.",
     .registered = "Unable to route (X.4.4): the next hop could not be determined, because routing "
                   "information was missing.",
     .kind = Kind::both,
     .who = "The sender's own system, in its log and in the notification when it gives up.",
     .why = "A line or a router is down, a filter forbids the way, or the host has an address of "
            "IPv6 alone and the sender has none.",
     .advice = "Keep the message and try again; try the domain's other addresses and hosts first.",
     .when = "After at least 30 minutes, then at growing intervals.",
     .wire = wire_4_4_4,
     .sources = sources_4_4_4},
    {.status = "4.4.6",
     .reply = "446",
     .title = "Routing loop: hop count exceeded",
     .meaning =
         "The message has passed too many hosts: it goes round in circles inside the sender, "
         "between two local servers, or between sender and receiver.",
     .registered = "Routing loop detected (X.4.6).",
     .kind = Kind::both,
     .who = "The server that counts more Received: fields than its limit, as 554 5.4.6; or the "
            "sender's own system.",
     .why = "A forwarding rule or an MX record that points back at where the message came from.",
     .advice = "Stop: repeating it feeds the loop. The transient form may be tried again after the "
               "routing was mended; the permanent one is reported at once.",
     .when = "Transient: at growing intervals. 5.4.6: not at all.",
     .wire = wire_4_4_6,
     .sources = sources_4_4_6},
    {.status = "4.4.7",
     .reply = "447",
     .title = "Delivery time expired",
     .meaning =
         "The message was too old: it waited in the sender's queue for longer than the sender "
         "tries.",
     .registered = "Delivery time expired (X.4.7).",
     .kind = Kind::induced,
     .who = "The sender's own system, in the notification after the last try (4.4.7 or 5.4.7, "
            "Action: failed).",
     .why = "Every try failed for the time being until the give-up time came; or header trouble "
            "such as too many recipients, or time-outs of the protocol, kept it from being sent.",
     .advice = "Report failure to the author, once, with the last reply; a delay warning before "
               "that helps. Look for the cause in the last transient failure.",
     .when = "Never again: the give-up time is 4 to 5 days after the first try.",
     .wire = wire_4_4_7,
     .sources = sources_4_4_7},
    {.status = "4.4.9",
     .reply = "449",
     .title = "Routing error",
     .meaning =
         "The routing between the servers is wrong: bad configuration of a connector, a smart "
         "host, or the DNS.",
     .registered = "Not registered by RFC 3463; Exchange uses it for its routing errors.",
     .kind = Kind::both,
     .who = "The sender's own system, or Exchange as 449.",
     .why = "An MX that points to a name without address, to an IP address, to an alias, or back "
            "to the sender; only an IPv6 address and no route to it.",
     .advice = "Keep the message and try again: configurations are mended. Tell your own operator "
               "when it is your own routing.",
     .when = "After at least 30 minutes, then at growing intervals.",
     .wire = wire_4_4_9,
     .sources = sources_4_4_9},
}};

} // namespace

std::span<const Entry> routing_entries() {
  return entries;
}

} // namespace tempfail::explain
