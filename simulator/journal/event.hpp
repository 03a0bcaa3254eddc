// What was seen and done, as values. A journal is a file of these, one JSON object a line, append-only.
// The views point into memory of whoever made the event (the session, or a decoded journal's own text).
#pragma once

#include "scenario/listen.hpp"
#include "scenario/stage.hpp"
#include "scenario/units.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace tempfail::journal {

/// Breaches of the protocol by the sender, seen while its bytes were read. A set of bits.
enum class Breach : std::uint32_t {
  bare_lf_command = 1U << 0U,      ///< a command ended with LF alone (RFC 5321 section 2.3.8)
  bare_lf_content = 1U << 1U,
  bare_cr_content = 1U << 2U,
  line_too_long = 1U << 3U,        ///< command over 512, content line over 1000 bytes (section 4.5.3.1)
  unstuffed_dot = 1U << 4U,        ///< section 4.5.2
  eight_bit_content = 1U << 5U,    ///< 8-bit octets without BODY=8BITMIME (RFC 6152)
  eight_bit_command = 1U << 6U,    ///< UTF-8 in a command without SMTPUTF8 (RFC 6531)
  wrong_sequence = 1U << 7U,       ///< section 4.1.4
  pipelined_without_leave = 1U << 8U, ///< more input behind a command, PIPELINING not announced (RFC 2920)
  talked_before_greeting = 1U << 9U,
  talked_after_421 = 1U << 10U,
  size_wrong = 1U << 11U,          ///< SIZE= at MAIL smaller than what came (RFC 1870)
  syntax = 1U << 12U,              ///< a command or parameter RFC 5321's grammar does not allow
  unannounced_extension = 1U << 13U, ///< a parameter or command of an extension not announced
  plaintext_behind_starttls = 1U << 14U, ///< bytes sent in clear behind STARTTLS (RFC 3207)
  nul = 1U << 15U,
};
using Breaches = std::uint32_t;

namespace event {

/// First of every journal.
struct Run {
  std::string_view version;
  std::uint64_t seed = 0;
  double time_scale = 1;
  std::int64_t started_unix_us = 0; ///< wall clock, microseconds
  std::string_view tls_policy{};    ///< what the sender was told about TLS; empty: nothing
};
/// A client connected.
struct Connect {
  std::string_view client;          ///< address
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  bool implicit_tls = false;
};
/// A stage that has run: a command and what was answered, or a stage without a command (greeting).
struct Exchange {
  scenario::Stage stage{};
  std::string_view line;    ///< the command without its end; empty at greeting; secrets of AUTH are "*"
  std::string_view reply;   ///< as decided for the wire, ends with CR LF; empty: nothing was said
  int code = 0;             ///< of the reply; 0: none
  int rule = 0;             ///< line of the rule that fired; 0: the server's own behaviour
  std::string_view did;     ///< the rule's other actions in order, "delay reset"; empty: none
  Breaches breaches = 0;
};
/// The content of a message is complete; the Exchange of stage message follows.
struct Content {
  std::string_view message_id; ///< without angle brackets; empty: none
  std::uint64_t hash = 0;
  std::uint64_t size = 0;      ///< bytes
  std::uint32_t received_fields = 0;
  std::uint32_t longest_line = 0; ///< bytes, with its end
  Breaches breaches = 0;
  std::string_view report_action{}; ///< of a delivery status notification (RFC 3464): "failed"; empty: is none
  std::string_view report_status{}; ///< likewise: "4.4.7"
};
/// A message was taken: from here on it counts as delivered to its accepted recipients.
/// Written before the reply that says so is on the wire.
struct Accepted {
  std::uint64_t transaction = 0; ///< counts MAIL commands of the session from 1
};
/// The TLS handshake came to an end.
struct Tls {
  bool ok = false;
  std::string_view version;    ///< "TLSv1.3"
  std::string_view cipher;
  std::string_view server_name; ///< SNI; empty: none
  std::string_view problem;    ///< what went wrong, or the client's alert; empty: nothing
};
/// How a connection ended.
enum class EndedBy : std::uint8_t {
  client_quit,   ///< after QUIT
  client_closed, ///< FIN without QUIT
  client_reset,  ///< RST, or an error of the socket
  server,        ///< by a rule or after 421
  server_stop,   ///< the program was stopped
};
struct Disconnect {
  EndedBy by{};
  scenario::Stage stage{};          ///< where the session stood
  std::uint64_t content_bytes = 0;  ///< of an unfinished message
  std::string_view pending;         ///< what the client had sent that was not yet a whole line, cut to 200 bytes
};
/// The sender's process, under `tempfail test`.
struct Sender {
  bool started = false;  ///< else: it ended
  int exit_code = 0;     ///< 128 + signal number when a signal ended it
  bool timed_out = false; ///< it was ended because its time was up
  std::string_view command;
  bool queue = false; ///< it handed its message to a queue, which is watched on
};
/// The server's state changed, or something worth knowing happened ("queue stopped", "accept paused").
struct Note {
  std::string_view text;
};
/// From now on a connection attempt to the port meets this. Only of a port that does not always accept.
struct Listen {
  scenario::ListenAnswer answer{};
  std::uint64_t unanswered = 0; ///< SYNs, repeated ones too, that were dropped since the last such event
};
/// A host of a scenario with `forward` has sent a message on, or could not.
struct Forwarded {
  std::string_view to;         ///< "sender", "next-host", "notification"
  std::string_view address;    ///< where that is; empty: nowhere is known
  std::string_view message_id; ///< without angle brackets
  std::uint32_t received_fields = 0; ///< of the message as it was sent
  int code = 0;                ///< of the reply that decided; 0: there was none
  std::string_view reply;      ///< that reply, or why there is none
};
/// Last of a complete journal.
struct End {};

} // namespace event

using Body = std::variant<event::Run, event::Connect, event::Exchange, event::Content, event::Accepted,
                          event::Tls, event::Disconnect, event::Sender, event::Note, event::End,
                          event::Listen, event::Forwarded>;

/// One thing that happened.
struct Event {
  Moment time{};              ///< protocol time since the run's start
  std::uint64_t session = 0;  ///< counts connections from 1; 0: concerns no session
  std::string_view scenario;  ///< name; empty: concerns no scenario
  Body body;
};

} // namespace tempfail::journal
