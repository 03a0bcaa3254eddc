// One SMTP session as a pure state machine: bytes and moments in, effects out. No clock, no socket,
// no file in here (docs/architecture.md).
//
// Rules of this file:
// - The I/O side performs the effects of one call to the end before it makes the next call. While it
//   waits, it keeps the client's bytes; it hands over all it has when it is done.
// - receive() consumes all complete input it can act on, and stops early when an effect must be
//   performed before more input may be looked at (a wait, a close, STARTTLS), or after lines_per_call
//   lines, so that one client's flood does not delay others: what is left over stays with the caller, who
//   offers it again.
// - Replies leave in the order of their commands (RFC 2920), in as few writes as the rules allow.
// - Events point into the input of the call, too: they are encoded before its memory is used anew.
// - The session records its end itself, just before effect::Close or effect::Reset, or at
//   peer_ended(). After it has ended, receive() may still be called with what the client goes on to
//   say while the I/O side waits for its end: only Records come out (a client that talks on after 421).
// - An exchange is recorded when its client has asked. Where the reply is held back it is recorded open, and the
//   Record of the reply stands behind the Write or Drip that says it: the I/O side stamps it when it comes to it.
#pragma once

#include "scenario/model.hpp"
#include "session/effect.hpp"
#include "state/server_state.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail::session {

/// Lines that one call of Session::receive() takes. A client that pipelines a whole transaction needs a fraction.
inline constexpr unsigned lines_per_call = 32;

/// Limits of the program itself; a scenario may be stricter. Defaults in one place (RFC 5321 section
/// 4.5.3.1 and common practice).
struct Limits {
  std::size_t command_line = 4096; ///< bytes; longer: 500 5.5.2 (RFC 5321 asks for at least 512)
  std::size_t message_size = std::size_t{64} << 20U; ///< bytes; over: 552 5.3.4
  std::size_t recipients = 1000;                     ///< per envelope; over: 452 4.5.3
  std::size_t header_section = 256 << 10; ///< bytes of a header section that are looked at
  std::uint32_t received_fields = 100;    ///< over: 554 5.4.6 (RFC 5321 section 6.3)
  /// Then 421 4.4.2 (RFC 5321 section 4.5.3.2.7). A client's pauses are real time: whoever scales time
  /// multiplies this by the scale.
  Duration idle = std::chrono::minutes(5);
  unsigned errors = 100; ///< bad commands before 421 4.7.0
  /// Commands without an accepted message among them, before 421 4.7.0: each costs a line of the journal.
  unsigned commands = 100'000;
  /// Keep each message's content and look for the marks of a handed-over one in it (mime/marks.hpp). Costs memory
  /// and time, so only `tempfail test` asks for it.
  bool look_for_marks = false;
  /// Keep each message's content, and hand it over once the message is accepted (effect::Keep).
  bool keep_messages = false;
};

/// Who connected, and where.
struct Peer {
  std::string address; ///< of the client, textual
  std::uint16_t port = 0;
  std::uint16_t server_port = 0;
  bool implicit_tls = false;
};

/// How a TLS handshake ended (see journal::event::Tls).
struct TlsResult {
  bool ok = false;
  std::string version;
  std::string cipher;
  std::string server_name;
  std::string problem;
};

/// How the client went away.
enum class PeerEnd : std::uint8_t { closed, reset };

/// What all sessions of one scenario share and never change: its rules by stage, the texts of its
/// greeting and EHLO reply. Made once for each scenario that is served; `number` is its server's in the journal.
class PreparedScenario;
using PreparedScenarioPtr = std::shared_ptr<const PreparedScenario>;
PreparedScenarioPtr prepare_scenario(scenario::ScenarioPtr scenario, const Limits& limits,
                                     std::uint32_t number = 0);

class AnswerCounts;

/// Chooses another scenario by recipient, for the port that serves them all. Null result: no such one.
class RecipientRouter {
 public:
  struct Target {
    PreparedScenarioPtr prepared;
    state::ServerState* state = nullptr;
    AnswerCounts* answer_counts =
        nullptr; ///< counts what the choice's recipients and messages are answered; null: nobody does
  };
  virtual ~RecipientRouter() = default;
  virtual Target route(std::string_view recipient) = 0;
};

/// One connection's session, as the I/O side drives it.
class Session {
 public:
  Session() = default;
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// The connection stands: stages connect and greeting (implicit TLS: connect and handshake).
  virtual void start(Moment now, Effects& out) = 0;
  /// Bytes from the client, from the front of `input`; consumed ones are removed. `arrived`: when they came, where
  /// that was before now, because the I/O side had kept them.
  virtual void receive(std::string_view& input, Moment now, Effects& out,
                       std::optional<Moment> arrived = {}) = 0;
  /// The handshake asked for by effect::StartTls is over.
  virtual void tls_result(const TlsResult& result, Moment now, Effects& out) = 0;
  /// The time of the last effect::IdleTimer is up.
  virtual void idle_timeout(Moment now, Effects& out) = 0;
  /// The client is gone. `pending`: its bytes that were not yet consumed. Only Records come out.
  virtual void peer_ended(PeerEnd end, std::string_view pending, Moment now, Effects& out) = 0;
  /// Input came and is kept for later, while the server's first words still wait: whoever talks before the
  /// greeting is recorded with its first command.
  virtual void input_before_greeting() = 0;
  /// The server reads again, after effect::StopReading.
  virtual void reading_resumed(Moment now, Effects& out) = 0;
  /// The program stops: 421 and close (RFC 5321 section 3.8).
  virtual void shut_down(Moment now, Effects& out) = 0;

  /// True when the session has nothing more to say and the connection is to end.
  virtual bool ended() const = 0;
};

/// Makes the session of a connection. `state` outlives the session, as does `router`, which may be null. `number`
/// counts connections from 1. The session itself tells `state` when its connection begins and ends.
using MakeSession = std::unique_ptr<Session> (*)(PreparedScenarioPtr prepared,
                                                 state::ServerState& state, Peer peer,
                                                 std::uint64_t number, RecipientRouter* router);
/// An SMTP session.
std::unique_ptr<Session> make_session(PreparedScenarioPtr prepared, state::ServerState& state,
                                      Peer peer, std::uint64_t number,
                                      RecipientRouter* router = nullptr);

} // namespace tempfail::session
