// What a rule does, as data. session/actions is the one place that turns these into effects.
#pragma once

#include "scenario/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace tempfail::scenario {

/// A reply ready for the wire. Placeholders in it ({recipient}, {sender}, {client}, {helo}, {hostname},
/// {size}) are filled in when it is sent.
struct ReplyText {
  int code = 0;
  std::string wire;             ///< all lines with CR LF
  bool has_placeholders = false;
};

namespace action {

/// `reply: 452 4.3.1 …`: takes the place of the server's own reply at this stage.
struct Reply { ReplyText text; };
/// `delay: 30s` or `delay: 1s..5s` (drawn from the seed): what follows happens later.
struct Delay { Duration min{}; Duration max{}; };
/// `drip: {bytes: 1, every: 100ms}`: from here on the output of this stage goes out in such pieces.
struct Drip { std::uint64_t bytes = 1; Duration every{}; };
/// `raw: "220 hal"`: these bytes as they are. The first raw of a stage counts as its reply, judged
/// by its code.
struct Raw { std::string bytes; };
/// `accept`: the message is taken (journal, spool) although no reply says so. Stage message only.
struct Accept {};
/// `close`: an orderly end: FIN after all output.
struct Close {};
/// `reset`: RST, output not yet sent is lost.
struct Reset {};
/// `half-close`: FIN from the server, which goes on reading.
struct HalfClose {};
/// `stall` or `stall: 10m`: reads, and says nothing more; without a duration until the client gives up.
struct Stall { std::optional<Duration> duration; };
/// `stop-reading` or `stop-reading: 10m`: the receive window closes.
struct StopReading { std::optional<Duration> duration; };

/// `throttle: 1KB per 1s`: from here on the client's bytes are taken no faster than this.
struct Throttle { Rate rate; };
/// `alert: handshake_failure`: a fatal TLS alert in the clear instead of the server's hello, written
/// by hand. Stage handshake only; the connection closes after it unless the rule says otherwise.
struct Alert { std::uint8_t number = 40; };
/// `cut-handshake: 600 bytes`: the handshake begins, and after so many bytes from the server nothing
/// more comes of it; what follows in the rule happens then. Stage handshake only.
struct CutHandshake { std::uint64_t bytes = 0; };

} // namespace action

using Action = std::variant<action::Reply, action::Delay, action::Drip, action::Raw, action::Accept,
                            action::Close, action::Reset, action::HalfClose, action::Stall,
                            action::StopReading, action::Throttle, action::Alert,
                            action::CutHandshake>;

} // namespace tempfail::scenario
