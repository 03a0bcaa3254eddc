// What was seen and done, as values. A journal is a file of these, one JSON object a line, append-only.
// The views point into memory of whoever made the event (the session, or a decoded journal's own text).
#pragma once

#include "scenario/listen.hpp"
#include "scenario/names.hpp"
#include "scenario/stage.hpp"
#include "scenario/units.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

namespace tempfail::journal {

/// Breaches of the protocol by the sender, seen while its bytes were read. A set of bits.
enum class Breach : std::uint32_t {
  bare_lf_command = 1U << 0U, ///< a command ended with LF alone (RFC 5321 section 2.3.8)
  bare_lf_content = 1U << 1U,
  bare_cr_content = 1U << 2U,
  line_too_long = 1U << 3U, ///< command over 512, content line over 1000 bytes (section 4.5.3.1)
  unstuffed_dot = 1U << 4U, ///< section 4.5.2
  eight_bit_content = 1U << 5U, ///< 8-bit octets without BODY=8BITMIME (RFC 6152)
  eight_bit_command = 1U << 6U, ///< UTF-8 in a command without SMTPUTF8 (RFC 6531)
  wrong_sequence = 1U << 7U,    ///< section 4.1.4
  pipelined_without_leave =
      1U << 8U, ///< more input behind a command, PIPELINING not announced (RFC 2920)
  talked_before_greeting = 1U << 9U,
  talked_after_421 = 1U << 10U,
  size_wrong = 1U << 11U,            ///< SIZE= at MAIL smaller than what came (RFC 1870)
  syntax = 1U << 12U,                ///< a command or parameter RFC 5321's grammar does not allow
  unannounced_extension = 1U << 13U, ///< a parameter or command of an extension not announced
  plaintext_behind_starttls = 1U << 14U, ///< bytes sent in clear behind STARTTLS (RFC 3207)
  nul = 1U << 15U,
};
using Breaches = std::uint32_t;

namespace event {

/// First of every journal: who wrote it, how time passed, and what the sender declared of itself. A declaration
/// that was not made is empty, and the judge then assumes what it can't hold against anybody.
struct Run {
  std::string_view version;
  std::uint32_t format = 2; ///< of the journal (docs/journal.md)
  std::uint64_t seed = 0;
  double time_scale = 1;            ///< seconds of protocol time in a second of real time
  std::int64_t started_unix_us = 0; ///< wall clock, microseconds
  std::string_view tls_policy{};    ///< what the sender was told about TLS
  std::string_view role{};          ///< "queueing" or "one-shot"
  std::string_view without{}; ///< features that it lacks: words with blanks between, "dsn smtputf8"
  bool scaled_timeouts = false;    ///< its time-outs are divided by the time scale, too
  Duration queue_lifetime{};       ///< after which it gives a message up; 0: not known
  bool notifications_come = false; ///< what it sends to the envelope's sender reaches these servers
  Duration clock_error{}; ///< by which its clock may differ from that of the run's store, at most
};
/// Where a server listens.
struct Host {
  std::string_view name; ///< as it calls itself
  std::string_view address;
  std::uint16_t port = 0;
};
/// A server is there from here on: its number is the event's `server`.
struct Server {
  std::string_view scenario;      ///< name; "*": the recipient chooses one
  std::string_view text;          ///< the scenario's file; empty: built from another one
  std::uint64_t meaning_hash = 0; ///< hash of what the file means: a comment changes nothing
  std::span<const Host> hosts;
  std::string_view tls;   ///< "none", "starttls" or "implicit"
  std::string_view clock; ///< "scaled" or "manual"
  std::uint64_t seed = 0;
};
/// A client connected.
struct Connect {
  std::string_view client; ///< address
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  bool implicit_tls = false;
};
/// A stage that has run: a command and its first reply, or a stage without a command (greeting). Where the answer
/// is held back, the event is written when the client has asked, and `open`; a Reply follows if there is one.
/// Without one there are two more states: the connection's end is in the journal, so it never came, or the
/// journal ends first, so nobody knows.
struct Exchange {
  scenario::Stage stage{};
  std::uint32_t number = 0; ///< counts the exchanges of the session from 1
  /// When the command was complete (greeting: when the client was connected).
  Moment asked{};
  /// When the last byte of the first reply was given to the kernel; nothing: not yet, or never.
  std::optional<Moment> answered{};
  bool open = false; ///< held back when this was written
  std::string_view
      line; ///< the command without its end; empty at greeting; secrets of AUTH are "*"
  std::string_view verb{}; ///< of the command, in upper case; empty: there was none
  /// At MAIL the sender, at RCPT the recipient, as it was written, without brackets and source route; nothing:
  /// no such command, or one that is not understood.
  std::optional<std::string_view> address{};
  std::string_view envelope_id{}; ///< ENVID at MAIL (RFC 3461)
  /// At MAIL RET and ENVID, at RCPT NOTIFY and ORCPT, as they were written, with blanks between.
  std::string_view parameters{};
  std::uint64_t size = 0;  ///< SIZE at MAIL, the chunk's size at BDAT, in bytes
  bool last_chunk = false; ///< BDAT with LAST
  bool pipelining = false; ///< the reply to EHLO announced PIPELINING
  std::string_view reply;  ///< the first one, as it went on the wire; empty: nothing was said
  int code = 0;            ///< of the reply; 0: none
  int rule = 0;     ///< line of the rule that fired, for people; 0: the server's own behaviour
  bool met = false; ///< what the scenario is about took effect here
  std::string_view
      other_actions; ///< the rule's other actions in order, "delay reset", for people; empty: none
  Breaches breaches = 0;
  bool store_lost = false; ///< the store of states did not answer: no scenario has said this
};
/// A reply that came later than its command, or that was one more.
struct Reply {
  std::uint32_t exchange = 0;   ///< Exchange::number that it answers; 0: nobody asked
  std::string_view reply;       ///< as it went on the wire
  int code = 0;                 ///< 0: none that a client could read
  std::string_view recipient{}; ///< of whom it speaks, where there is one for each
};
/// The server reads nothing of what the client sends, or does so again.
struct Reading {
  bool stopped = false;
};
/// The client takes no more for now: the end of what it was told is still with the server; or all of it has left.
struct Sending {
  std::uint64_t unsent = 0; ///< bytes that have not left; 0: there are none any more
};
/// What a delivery status notification says of one recipient (RFC 3464 section 2.3). Empty: it has no such field.
struct RecipientReport {
  std::string_view recipient; ///< Final-Recipient, else Original-Recipient; without its type
  std::string_view action;    ///< "failed"
  std::string_view status;    ///< "4.4.7"
  std::string_view original_recipient{}; ///< with its type: "rfc822; a@b.test"
  std::string_view remote_mta{};         ///< "dns; mx.b.test"
  std::string_view diagnostic{};         ///< "smtp; 550 5.1.1 No such user"
  std::string_view will_retry_until{};
  bool final_is_missing = false; ///< there is no Final-Recipient
};
/// How a notification is built. Empty texts: there is no such thing, or nobody looked.
struct NotificationForm {
  std::string_view
      type{}; ///< of the whole message: "multipart/report; report-type=delivery-status"
  std::string_view status_type{};   ///< of the part with the reports: "message/delivery-status"
  std::string_view returned{};      ///< of the message that it is about: "message" or "header"
  std::string_view reporting_mta{}; ///< "dns; mail.a.test"
  std::string_view original_envelope_id{};
  bool eight_bit_fields = false; ///< the reports have octets over 127
  std::string_view
      returned_message_id{}; ///< of the message that it is about, without angle brackets
};
/// The content of a message is complete; the Exchange of stage message follows.
struct Content {
  std::string_view message_id; ///< without angle brackets; empty: none
  std::uint64_t hash = 0;
  std::uint64_t size = 0; ///< bytes
  std::uint32_t received_fields = 0;
  std::uint32_t longest_line = 0; ///< bytes, with its end
  Breaches breaches = 0;
  /// The marks of a handed-over message that are in it after decoding, as mime::Marks::found has them: "1-begin 1-dot".
  std::string_view marks{};
  /// Bytes of the decoded bodies without white space; nothing: nobody looked.
  std::optional<std::uint64_t> text_size{};
  /// Of a delivery status notification; empty: it is none.
  std::span<const RecipientReport> reports{};
  NotificationForm form{};           ///< of what came from <>
  std::string_view repeated_marks{}; ///< those of `marks` that are in it more than once
  /// Letters outside ASCII after a mark, in UTF-8; nothing: there are none, or nobody could tell.
  std::optional<std::string_view> letters{};
  std::string_view missing_fields{}; ///< those of From, Date and Subject that it does not have
  /// Of the text between its marks, as mime::Marks::text_hash has it; 0: not known.
  std::uint64_t text_hash = 0;
  /// Header fields that it has more than once, of those that RFC 5322 section 3.6 allows once.
  std::string_view repeated_fields{};
};
/// A message was taken: from here on it counts as delivered to its accepted recipients.
/// Written before the reply that says so is on the wire.
struct Accepted {
  std::uint64_t transaction = 0; ///< counts MAIL commands of the session from 1
};
/// The TLS handshake came to an end.
struct Tls {
  bool ok = false;
  std::string_view version; ///< "TLSv1.3"
  std::string_view cipher;
  std::string_view server_name; ///< SNI; empty: none
  std::string_view problem;     ///< what went wrong, or the client's alert; empty: nothing
  bool met = false;             ///< what the scenario is about is in this handshake
};
/// How a connection ended.
enum class EndedBy : std::uint8_t {
  client_quit,   ///< after QUIT
  client_closed, ///< FIN without QUIT
  client_reset,  ///< RST, or an error of the socket
  server,        ///< by a rule or after 421
  server_stop,   ///< the program was stopped
  store_lost,    ///< the store of states did not answer
};
struct Disconnect {
  EndedBy by{};
  scenario::Stage stage{};         ///< where the session stood
  std::uint64_t content_bytes = 0; ///< of an unfinished message
  std::string_view
      pending;        ///< what the client had sent that was not yet a whole line, cut to 200 bytes
  bool reset = false; ///< the server sent RST: what was on its way is lost
  Breaches breaches = 0; ///< of a client that left before its first command
  bool instead = false;  ///< of the session's earlier one, whose replies never left the server
};
/// What `tempfail test` handed to the sender, before the sender began.
struct Handover {
  std::string_view id;     ///< "1"; unique in the journal
  std::string_view sender; ///< of the envelope; empty: <>
  std::span<const std::string_view> recipients;
  std::string_view parameters{}; ///< what was asked for: "NOTIFY=FAILURE RET=HDRS"; empty: nothing
  std::string_view
      content_source{};          ///< "given": the command was told to send the file; else it may
  std::uint64_t size = 0;        ///< bytes of the file
  std::uint64_t hash = 0;        ///< of the file, as Content::hash has it
  std::string_view message_id{}; ///< without angle brackets
  /// One of several, of which the command was not told in so many words: it may not know of it.
  bool offered = false;
  std::string_view
      untold_parameters{}; ///< of the parameters those that the command does not name, likewise
  /// Of its decoded bodies, as Content::text_size has it; 0: not known.
  std::uint64_t text_size = 0;
  // Of the file, as Content has them.
  std::string_view marks{}; ///< empty: none, or not known
  std::optional<std::string_view> letters{};
  std::string_view missing_fields{};
  std::uint64_t text_hash = 0;
  std::string_view repeated_fields{};
};
/// What the sender said became of a handover for one recipient.
struct Result {
  std::string_view handover;  ///< its id
  std::string_view recipient; ///< empty: all that are not named by another
  std::string_view result;    ///< "delivered", "temporary", "permanent" or "unknown"
  int code = 0;               ///< the reply's, as the sender tells it; 0: none
  std::string_view status{};  ///< "4.4.7"; empty: none
  /// Why what the sender wrote can't be read, with its place; then nothing else is known. Empty: it can.
  std::string_view problem{};
};
/// Who ended the sender's process before it ended by itself.
enum class ProcessEnd : std::uint8_t {
  itself,
  watch,     ///< the time of the scenario's watch was over
  timeout,   ///< --timeout
  interrupt, ///< the run was interrupted
};
/// The sender's process, under `tempfail test`.
struct Process {
  bool started = false; ///< else: it ended
  int exit_code = 0;    ///< 128 + signal number when a signal ended it
  std::string_view command;
  bool queue = false; ///< it handed its message to a queue, which is watched on
  std::string_view
      handover{}; ///< the id of what it was given, with blanks between where there are several
  ProcessEnd ended = ProcessEnd::itself;
  std::uint64_t user_us = 0; ///< processor time, of what it started too
  std::uint64_t system_us = 0;
  /// What its exit status says, where the user said so: "delivered", "temporary" or "permanent"; empty: as
  /// sysexits.h has it.
  std::string_view meaning{};
};
/// The server's state changed, or something worth knowing happened ("queue stopped", "accept paused").
struct Note {
  std::string_view text;
};
/// Which events of a server are not in the stream that it wrote to: nobody knows what it did then.
enum class Missing : std::uint8_t {
  nothing,
  some,      ///< those from `since` up to this one
  rest,      ///< those after `since`: it ended, and could not say so
  after_end, ///< none; but it ended before others, and clients may have come to its port since
};
/// The store of states that several servers share is lost to this one, or found again.
struct Store {
  bool lost = false;
  std::string_view reason{}; ///< why it is lost; empty: it is found
  /// When it was asked what it did not answer any more: from there on nothing it would have said is known.
  Moment since{};
  bool restarted = false; ///< found, but not as it was: it may have forgotten what it knew
  /// Not written; the reader of a stream fills it in.
  Missing missing = Missing::nothing;
};
/// From now on a connection attempt to the port meets this. Only of a port that does not always accept.
struct Listen {
  scenario::ListenAnswer answer{};
  std::uint64_t unanswered =
      0; ///< SYNs, repeated ones too, that were dropped since the last such event
  std::uint64_t refused = 0; ///< SYNs that were refused since then; seen only in a lab
  Moment refused_first{};    ///< when the first of these came
  /// How many were refused since then is known: it is a lab, or the kernel has refused nobody at all.
  bool counted = false;
};
/// A host of a scenario with `forward` has sent a message on, or could not.
struct Forwarded {
  std::string_view to;               ///< "sender", "next-host", "notification"
  std::string_view address;          ///< where that is; empty: nowhere is known
  std::string_view message_id;       ///< without angle brackets
  std::uint32_t received_fields = 0; ///< of the message as it was sent
  int code = 0;                      ///< of the reply that decided; 0: there was none
  std::string_view reply;            ///< that reply, or why there is none
};
/// The name server was asked. Written when the answer has left, or, where none does, when the query came.
struct Query {
  std::string_view client; ///< address
  scenario::Transport transport{};
  std::string_view
      name; ///< absolute, as it was asked for; ".": the root, or a query not understood
  std::string_view type; ///< "MX"; "TYPE65" where it has no name here; empty: not understood
  std::uint16_t id = 0;
  Moment asked{};                   ///< when the query was there
  std::optional<Moment> answered{}; ///< when its answer left; nothing: none did
  std::string_view answer{}; ///< rcode ("noerror"), or what came instead: "silence", "reset", "raw"
  bool truncated = false;    ///< with TC, and no records
  std::string_view records{}; ///< of the answer, for people: "MX 10 mx.a.test.; MX 20 …"
  int rule = 0;               ///< line of the rule that fired, for people; 0: as the records say
  bool met = false;           ///< what the scenario is about took effect here
  std::string_view
      other_faults{}; ///< what else was wrong with the answer, "late truncated", for people
};
/// A place to which a test may point.
struct JournalMark {
  std::string_view label;
};
/// All state of the server was forgotten.
struct StateReset {};
/// A manual clock was moved.
struct Advance {
  Duration by{};
};
/// The server is gone: nothing of it follows.
struct Closed {};
/// The sender, which keeps a queue, says that nothing is left in it: nothing more comes of it.
struct QueueEmpty {};
/// Last of a file that was rotated: what happens next is in the file after it.
struct Continued {};
/// Last of a complete journal.
struct End {};

} // namespace event

using Body =
    std::variant<event::Run, event::Connect, event::Exchange, event::Content, event::Accepted,
                 event::Tls, event::Disconnect, event::Process, event::Note, event::End,
                 event::Listen, event::Forwarded, event::Server, event::Reply, event::Reading,
                 event::Handover, event::Result, event::JournalMark, event::StateReset,
                 event::Advance, event::Closed, event::Query, event::Sending, event::QueueEmpty,
                 event::Continued, event::Store>;

/// One thing that happened.
struct Event {
  Moment time{};             ///< protocol time since the run's start, when it was written
  std::uint64_t session = 0; ///< counts connections from 1; 0: concerns no session
  std::uint32_t server = 0;  ///< counts Server events from 1; 0: concerns no server
  Body body;
  std::uint64_t sequence =
      0; ///< counts what a writer wrote from 1, without gaps; the recorder fills it in
  std::string_view node{}; ///< which of several writers; empty: there is one
  /// Counts the Run events of a file from 0: numbers of servers and sessions mean something within one run of one node.
  /// Not written; the reader fills it in.
  std::uint32_t writer = 0;

  /// The session's number, unique among all writers of a journal: none has more than a million million sessions.
  std::uint64_t session_key() const { return std::uint64_t{writer} << 40U | session; }

  /// It happens at this moment: an answer leaves then.
  void happen_at(Moment now) {
    time = now;
    auto* const exchange = std::get_if<event::Exchange>(&body);
    if (exchange != nullptr && exchange->answered) exchange->answered = now;
  }
};

} // namespace tempfail::journal
