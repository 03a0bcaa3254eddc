// What one try at delivering a message yields, for each recipient: the seam between delivery (which
// makes the try), the retry policy (which says what comes next) and the queue (which keeps it).
#pragma once

#include "client/protocol/failure.hpp"
#include "client/protocol/session_settings.hpp"
#include "client/protocol/stage.hpp"
#include "client/protocol/status.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tempfail::client {

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
