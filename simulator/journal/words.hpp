// The words a journal uses for events, breaches and ends of connections; shared by encoder, reader
// and judge. They are part of the format (docs/journal.md): add, never rename.
#pragma once

#include "journal/event.hpp"

#include <array>
#include <bit>
#include <optional>
#include <string_view>

namespace tempfail::journal {

/// What a journal calls an event; in the order of Body's alternatives.
inline constexpr std::array<std::string_view, std::variant_size_v<Body>> event_names = {
    "run",     "connect",  "exchange",    "content",   "accepted",  "tls",     "disconnect",
    "process", "note",     "end",         "listen",    "forwarded", "server",  "reply",
    "reading", "handover", "result",      "mark",      "reset",     "advance", "closed",
    "query",   "sending",  "queue-empty", "continued", "store"};

/// What a journal calls a breach; in the order of Breach's bits.
inline constexpr std::array<std::string_view, 16> breach_names = {"bare-lf-command",
                                                                  "bare-lf-content",
                                                                  "bare-cr-content",
                                                                  "line-too-long",
                                                                  "unstuffed-dot",
                                                                  "eight-bit-content",
                                                                  "eight-bit-command",
                                                                  "wrong-sequence",
                                                                  "pipelined-without-leave",
                                                                  "talked-before-greeting",
                                                                  "talked-after-421",
                                                                  "size-wrong",
                                                                  "syntax",
                                                                  "unannounced-extension",
                                                                  "plaintext-behind-starttls",
                                                                  "nul"};

/// What a journal calls the end of a connection; in the order of EndedBy.
inline constexpr std::array<std::string_view, 6> ended_by_names = {
    "client-quit", "client-closed", "client-reset", "server", "server-stop", "store-lost"};

/// What a journal calls the answer to a connection attempt; in the order of ListenAnswer.
inline constexpr std::array<std::string_view, 5> listen_answer_names = {
    "accepted", "refused", "silence", "host-unreachable", "network-unreachable"};

/// What a journal calls whoever ended a process; in the order of ProcessEnd.
inline constexpr std::array<std::string_view, 4> process_end_names = {"itself", "watch", "timeout",
                                                                      "interrupt"};

constexpr std::string_view to_string(Breach breach) {
  return breach_names[static_cast<std::size_t>(
      std::countr_zero(static_cast<std::uint32_t>(breach)))];
}
constexpr std::string_view to_string(event::EndedBy by) {
  return ended_by_names[static_cast<std::size_t>(by)];
}
constexpr std::string_view to_string(event::ProcessEnd ended) {
  return process_end_names[static_cast<std::size_t>(ended)];
}
constexpr std::string_view to_string(scenario::ListenAnswer answer) {
  return listen_answer_names[static_cast<std::size_t>(answer)];
}
constexpr bool contains(Breaches set, Breach breach) {
  return (set & static_cast<std::uint32_t>(breach)) != 0;
}

} // namespace tempfail::journal
