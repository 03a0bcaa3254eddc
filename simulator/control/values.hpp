// What goes into the control of servers, and what comes out of it. No JSON, no sockets: a skin makes these of its
// requests, and its answers of them.
#pragma once

#include "net/server.hpp"
#include "scenario/units.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::control {

/// How a new server speaks TLS where its scenario says nothing about it.
enum class TlsOverride : std::uint8_t { as_scenario, starttls, implicit };

/// A server that is wanted.
struct ServerRequest {
  std::string scenario;
  bool manual_clock = false;
  double time_scale = 1; ///< of a clock that runs
  std::uint64_t seed = 1;
  TlsOverride tls = TlsOverride::as_scenario;
  bool auth = false;  ///< AUTH is offered, whatever the scenario says
  bool names = false; ///< a name server of its own leads to its hosts
  // What is declared of the sender, as journal::event::Run has it.
  std::string tls_policy;
  std::string role;
  std::vector<std::string> without;
  bool scaled_timeouts = false;
  Duration queue_lifetime{};
  std::optional<std::chrono::seconds> lease; ///< real time
};

/// How often recipients (stage "rcpt") or messages (the others) of a share were answered so.
struct MixCountView {
  std::string_view stage;  ///< "rcpt", "data", "content", "message"
  std::string_view answer; ///< "accepted", "deferred", "rejected", "unanswered", "split"
  std::uint64_t count = 0;
};

/// A share of a mix.
struct MixShareView {
  std::string domain; ///< the pattern
  std::string scenario;
  double percent = 0;
  bool is_former = false; ///< it is not in the mix any more, and has counts from before
  std::vector<MixCountView> counts;
};

/// The mix that a server serves.
struct MixView {
  std::string text;          ///< of its file
  std::uint64_t changes = 0; ///< since the server was started
  std::vector<MixShareView>
      shares; ///< in the order of the file, those of a domain together; then former ones
};

/// A scenario, or one of its hosts, on a port.
struct EndpointView {
  net::Endpoint endpoint;
  std::uint64_t open_sessions = 0;
};

/// Where a name server listens, over UDP and TCP.
struct NameServerAddress {
  std::string address;
  std::uint16_t port = 0;
};

/// A name and its addresses.
struct NameView {
  std::string name; ///< without the dot at its end
  std::vector<std::string> addresses;
};

/// What the name server of a server answers for.
struct NameServerView {
  NameServerAddress place;
  std::vector<std::string> domains; ///< of its scenarios
  std::vector<NameView> hosts;      ///< of its scenarios
  std::vector<NameView> set;        ///< by request
  std::uint64_t queries = 0;        ///< that came
  std::uint64_t dropped = 0;        ///< of these, those that made room for later ones
};

/// A query that the name server was asked, as journal::event::Query has it.
struct QueryView {
  std::string scenario; ///< empty: the name is of none
  std::string client;
  std::string transport;    ///< "udp", "tcp"
  std::string name;         ///< without the dot at its end
  std::string type;         ///< empty: it was not understood
  std::string answer;       ///< rcode, "noerror", or what came instead: "silence", "reset", "raw"
  std::string records;      ///< of the answer, for people
  std::string other_faults; ///< what else was wrong with it, for people
  bool answered = false;
  bool truncated = false;
  bool met = false; ///< what the scenario is about took effect
  Moment time{};
  std::uint64_t position = 0; ///< in the journal
};

/// Which queries are meant.
struct QueryFilter {
  std::string name;     ///< empty: for all
  std::string type;     ///< empty: of all
  std::string since;    ///< label of a mark; empty: from the beginning
  std::size_t last = 0; ///< only so many, the latest; 0: all
};

struct LeaseView {
  std::chrono::seconds length{};
  std::chrono::seconds left{};
};

/// A server as it is now.
struct ServerView {
  std::string id;
  std::vector<std::string> scenarios;
  std::vector<EndpointView> endpoints;
  bool manual_clock = false;
  double time_scale = 1; ///< 0: moved by hand
  Moment now{};
  std::uint64_t seed = 0;
  std::string ca; ///< certificate authority to trust, PEM; empty: no TLS so far
  std::optional<NameServerAddress> names;
  std::optional<LeaseView> lease;
  net::TrafficTotals totals;
  std::uint64_t journal_position = 0;
  std::uint64_t journal_lost = 0;
  std::size_t messages = 0;           ///< kept
  std::uint64_t messages_dropped = 0; ///< that were kept once, and made room
};

/// An accepted message.
struct MessageView {
  std::string id; ///< "3-1": number of its session, and of the transaction in it
  std::string scenario;
  std::string helo;
  std::string client;
  std::string sender; ///< empty: <>
  std::vector<std::string> recipients;
  std::string message_id; ///< without angle brackets; empty: none
  std::size_t size = 0;   ///< bytes
  Moment accepted{};
  std::int64_t unix_us = 0;   ///< the same on the wall clock
  std::uint64_t position = 0; ///< in the journal: of what was last recorded then
};

/// What a notification says of one recipient (RFC 3464 section 2.3). Empty: it has no such field.
struct ReportView {
  std::string recipient;
  std::string action;
  std::string status;
  std::string original_recipient;
  std::string remote_mta;
  std::string diagnostic;
  std::string will_retry_until;
};

/// A delivery status notification, decoded.
struct NotificationView {
  std::string type;
  std::string reporting_mta;
  std::string original_envelope_id;
  std::vector<ReportView> reports;
};

/// One try at one message for one recipient, as the judge sees it.
struct TryView {
  std::string scenario;
  std::string handover; ///< id; empty: nobody handed it over, so which message it is of is guessed
  std::string
      message_id; ///< or what else is known of its identity; empty: its content was never seen
  std::string sender;
  std::string recipient; ///< empty: none was named
  std::uint64_t session = 0;
  Moment begin{};
  Moment end{};
  std::string_view result; ///< as verdict::to_string has it
  std::string_view stage;
  int code = 0;               ///< 0: there was no reply
  std::string reply;          ///< that decided
  bool further_step = false;  ///< of the try before: in clear text, or at the next host
  std::uint64_t position = 0; ///< in the journal: of what decided
};

/// Which messages or tries are meant.
struct Filter {
  std::string recipient; ///< empty: of all
  std::string sender;    ///< empty: of all
  std::string since;     ///< label of a mark; empty: from the beginning
  std::size_t last = 0;  ///< only so many, the latest; 0: all
};

/// A message that the sender under test was given.
struct HandoverRequest {
  std::string scenario; ///< whose server it is for; empty: of the only one
  std::string id;       ///< empty: the next number
  std::string sender;   ///< empty: <>
  std::vector<std::string> recipients;
  std::vector<std::string> parameters; ///< of ESMTP, "NOTIFY=FAILURE"
  std::string message_id; ///< without angle brackets; empty: as the content says, or not known
  std::optional<std::string> content; ///< lines ended by CR LF
  std::optional<std::uint64_t> hash;  ///< as the journal has it, where the content is not given
  std::uint64_t size = 0;             ///< of the content; with `hash` only
};

/// A handover as it is in the journal.
struct HandoverView {
  std::string id;
  std::string message_id; ///< empty: not known
  std::uint64_t size = 0; ///< 0: not known
  std::uint64_t hash = 0; ///< with a size
};

/// A message that was composed for the sender, and handed over.
struct ComposedView {
  std::string id; ///< of the handover
  std::string sender;
  std::vector<std::string> recipients;
  std::vector<std::string> parameters;
  std::string message_id;
  std::string content;
  std::string user; ///< to log in with; empty: the server asks for no name
  std::string password;
};

/// What the sender said became of a handover.
struct ResultRequest {
  std::string handover;  ///< id; empty: the only one
  std::string recipient; ///< empty: all that are not named by another
  std::string
      result; ///< "delivered", "temporary", "permanent", "failed" (of which kind is not said) or "unknown"
  int code = 0;       ///< 0: none
  std::string status; ///< "4.4.7"; empty: none
};

/// Of what a verdict is wanted.
struct VerdictRequest {
  std::string scenario; ///< empty: of each that something happened in
  std::string since;    ///< label of a mark; empty: from the beginning
  bool strict = false;
  bool as_text = false; ///< for people, as `tempfail judge` prints it; else JSON
};

} // namespace tempfail::control
