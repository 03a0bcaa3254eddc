// What can go wrong in a delivery, and what it means for a recipient.
#pragma once

#include "client/protocol/status.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tempfail::client {

/// What became of a recipient in one try.
enum class Fate : std::uint8_t {
  delivered, ///< a 2yz after the final dot: the server is responsible now
  transient, ///< may be tried again later
  permanent, ///< must not be tried again: a bounce
};

/// What kind of failure it was. The retry policy may have a schedule for each.
enum class Failure : std::uint8_t {
  none,            ///< no failure: delivered
  connect_refused, ///< the connection was refused (RST to the SYN)
  connect_timeout, ///< the SYN was never answered
  unreachable,     ///< host or network unreachable, or no usable address family
  no_greeting,     ///< connected, but no greeting within the time-out
  dropped,         ///< connection ended by the peer in mid-session: see Stage for where
  time_out,        ///< silence for longer than the stage's time-out: see Stage
  tls, ///< the handshake failed, the certificate was not acceptable, or TLS was not to be had
  dns_nxdomain,   ///< the domain does not exist (authoritatively)
  dns_servfail,   ///< the name servers answered SERVFAIL, REFUSED or garbage
  dns_no_answer,  ///< no name server answered in time
  dns_null_mx,    ///< the domain says it takes no mail (RFC 7505)
  dns_no_address, ///< the mail hosts exist but have no address: a routing error on the other side
  reply_4yz,      ///< the server said "later"
  reply_5yz,      ///< the server said "no"
  protocol_error, ///< the server's answer was no SMTP reply, or no answer to what was asked
  unsupported, ///< the server lacks an extension that the message can't do without (SMTPUTF8, …)
  host_off,    ///< every host of the destination is off the active list at the moment: nothing was
               ///< tried
  local,       ///< trouble on this side: no file descriptors, no memory, a shutdown
};

/// The failure's name as the policy file, logs and the queue write it: the enumerator with '-' for
/// '_'.
std::string_view name(Failure failure);
std::optional<Failure> failure_from_name(std::string_view name);
std::string_view name(Fate fate);
std::optional<Fate> fate_from_name(std::string_view name);

/// The enhanced status (RFC 3463) that the sender itself gives a failure for which no server said
/// one: 4.4.1 for no answer, 4.4.2 for a drop, 4.4.3 for the name servers, 5.4.4 / 5.1.2 for a
/// missing domain, …
Status induced_status(Failure failure, Fate fate);

} // namespace tempfail::client
