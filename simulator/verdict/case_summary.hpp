// What a sender did, for people: each message's tries along the time, and what was said on its connections. Bounded,
// whatever a journal has.
#pragma once

#include "journal/dialogue.hpp"
#include "scenario/units.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::verdict {

struct Case;

/// One try at one message for one recipient.
struct SummaryTry {
  Moment begin{};
  Moment end{};              ///< when the sender knew how it came out
  std::uint64_t session = 0; ///< number of the connection
  std::string_view
      result;       ///< "accepted", "transient", "permanent", "trouble", "abandoned", "cut off"
  std::string said; ///< what decided: "452 4.3.1 Full", "connection lost"
  std::string host; ///< that was connected to; empty: not known
};

/// When the scenario allows something to happen.
struct RetryWindow {
  Moment from{};
  std::optional<Moment> to; ///< nothing: no upper bound
};

/// The tries at one message for one recipient.
struct DeliveryTimeline {
  std::string recipient;           ///< empty: none was ever named
  std::size_t message = 0;         ///< from 1, where there are several
  std::vector<SummaryTry> tries;   ///< the first and the last where there are many
  std::size_t left_out = 0;        ///< tries between them
  std::optional<RetryWindow> next; ///< when the first retry is to come
  bool delivered = false;
};

/// What was said on one connection.
struct ConnectionDialogue {
  std::uint64_t session = 0;
  std::string host; ///< as it calls itself; empty: not known
  std::string client;
  std::vector<journal::DialogueLine> lines;
  std::size_t left_out = 0; ///< lines in the middle
};

/// What a step of the mail's way is.
enum class StepKind : std::uint8_t {
  query,      ///< the name server was asked
  connection, ///< a host was connected to
  port,       ///< a host's port met attempts to connect with something else than an answer
};

/// A step of the way that a sender took to its hosts: a query, a connection, or an attempt at one.
struct RouteStep {
  Moment time{};
  StepKind kind{};
  std::uint64_t session = 0; ///< number of the connection; 0: the step is none
  std::string host;          ///< empty: not known, or the name server
  std::string text; ///< "MX of a.test over UDP: noerror, MX 10 mx.a.test.", "452 4.3.1 Full"
};

/// The whole of it.
struct CaseSummary {
  std::string server;         ///< what the scenario does, in a line: its summary
  std::string description;    ///< the same at length; may be empty
  std::size_t tries = 0;      ///< in all
  std::size_t deliveries = 0; ///< recipients that a message was for
  std::size_t delivered = 0;  ///< of which it came to
  std::vector<DeliveryTimeline> timelines;
  std::size_t timelines_left_out = 0;
  std::vector<ConnectionDialogue> dialogues;
  std::size_t dialogues_left_out = 0;
  /// Names and hosts in the order in which the sender came to them; empty where the scenario has no names and one host.
  std::vector<RouteStep> route;
  std::size_t route_left_out = 0; ///< steps in the middle
};

/// How much of it is told.
struct SummaryLimits {
  std::size_t timelines = 6;
  std::size_t tries = 40; ///< of a timeline
  std::size_t dialogues = 6;
  std::size_t lines = 40; ///< of a connection
  std::size_t steps = 40; ///< of the way to the hosts
  std::size_t text = 200; ///< bytes of a line
};

CaseSummary summarize(const Case& observed, const SummaryLimits& limits = {});

} // namespace tempfail::verdict
