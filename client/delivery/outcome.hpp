// What one try at delivering a message yields, for each recipient: the seam between delivery (which
// makes the try), the retry policy (which says what comes next) and the queue (which keeps it).
#pragma once

#include "client/protocol/stage.hpp"
#include "client/protocol/status.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// How a connection was protected, for logs, notifications and Received-like traces.
struct TlsState {
  bool used = false;
  bool verified = false; ///< the certificate was verified for the host's name
  std::string version{}; ///< "TLSv1.3"
  std::string cipher{};
};

/// What became of one recipient in one try.
struct RecipientResult {
  Fate fate = Fate::transient;
  Failure failure = Failure::local;
  Stage stage = Stage::resolve; ///< where it was decided
  Status status{}; ///< the server's own enhanced status, else the one it amounts to; never empty
  std::uint16_t code = 0; ///< the server's three-digit code; 0 when no reply decided it
  std::string text{};    ///< the reply's text, lines joined by a space, or what went wrong in words
  std::string host{};    ///< name of the host that was talked to last; empty when there was none
  std::string address{}; ///< its address and port, "192.0.2.1:25"; empty when none
  TlsState tls{};
  bool in_doubt =
      false; ///< the final dot went out but no reply came back: perhaps delivered after all
  bool replied =
      false; ///< a remote host said this (Diagnostic-Code: smtp); else this side concluded it
  bool dsn_relayed =
      false; ///< delivered to a host that speaks DSN: notifications are its business now
};

/// One host (address) that was tried on the way, for logs, statistics and the list of active hosts.
struct HostTry {
  std::string host{};
  std::string address{};
  Failure failure =
      Failure::none; ///< none: the session took its course (recipients may still have failed)
  Stage stage = Stage::connect;
  std::string text{};
  bool reused = false; ///< a pooled connection
  bool dead_reused_connection =
      false; ///< ... that turned out to be dead: not counted as a try of the message
  std::chrono::microseconds duration{}; ///< real time it took
};

/// A whole try, when it is over. `results` is in the order of the recipients given.
struct AttemptReport {
  std::vector<RecipientResult> results{};
  std::vector<HostTry> tries{};
  std::chrono::microseconds duration{};
};

} // namespace tempfail::client
