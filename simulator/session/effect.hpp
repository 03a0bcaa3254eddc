// What the I/O side must do, by value, in order. It knows these and never a fault's name.
#pragma once

#include "journal/event.hpp"
#include "scenario/units.hpp"
#include "session/accepted_mail.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tempfail::session {

namespace effect {

/// Record this in the journal. Its views live until the effects have been taken over by the I/O side, which
/// encodes it at once; behind something that must be waited for it keeps a copy, and records it, with the moment at
/// which it does, when it comes to it.
struct Record {
  journal::Event event;
};
/// Send bytes [begin, end) of Effects::bytes.
struct Write {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};
/// Send them in pieces of `piece` bytes, `every` apart, each its own segment.
struct Drip {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t piece = 1;
  Duration every{};
};
/// Do what follows after this much protocol time. Input is read (up to a bound) and kept meanwhile.
struct Wait {
  Duration duration{};
};
/// Wait, without a duration for ever; the end of the client is still noticed.
struct Stall {};
/// Read nothing from the socket from here on, for the duration or for ever; output goes on. The session hears of
/// the end as reading_resumed().
struct StopReading {
  std::optional<Duration> duration;
};
/// FIN after all output; then read and drop until the client closes too (a bounded time). A client that
/// has said QUIT is done: nobody waits for it.
struct Close {
  bool client_is_done = false;
};
/// RST now.
struct Reset {};
/// FIN after all output; the session goes on reading.
struct HalfClose {};
/// Do what follows when the client's first TLS record is there whole (it stays unread), or bytes that
/// are none.
struct AwaitHello {};
/// Begin the TLS handshake once all output is sent; the session hears of its end as TlsResult. With
/// `cut_after`, the server's side falls silent after so many bytes, and what follows is done then.
struct StartTls {
  std::optional<std::uint64_t> cut_after;
};
/// From here on take no more than `bytes` from the client per `per`.
struct Throttle {
  std::uint64_t bytes = 0;
  Duration per{};
};
/// Call Session::idle_timeout() when so much protocol time has passed without input; replaces an
/// earlier one; nothing: no such timer.
struct IdleTimer {
  std::optional<Duration> after;
};
/// Forward what was just accepted: Effects::mails[index].
struct Forward {
  std::uint32_t index = 0;
};
/// What was just accepted, for whoever wants to see it: Effects::mails[index]. Comes after the Record of its
/// acceptance.
struct Keep {
  std::uint32_t index = 0;
};

} // namespace effect

using Effect = std::variant<effect::Record, effect::Write, effect::Drip, effect::Wait,
                            effect::Stall, effect::StopReading, effect::Close, effect::Reset,
                            effect::HalfClose, effect::AwaitHello, effect::StartTls,
                            effect::Throttle, effect::IdleTimer, effect::Forward, effect::Keep>;

/// Texts that events point to and that live nowhere else. Its memory is kept from call to call.
class TextMemory {
 public:
  /// A copy of `text` that stays where it is until clear().
  std::string_view keep(std::string_view text);
  void clear();

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t used_ = 0; ///< of the last block
  std::size_t size_ = 0; ///< of the last block
};

/// A list of effects, the bytes they send, and the texts their events point to. Reused from call to
/// call, so that the healthy path allocates nothing.
class Effects {
 public:
  std::vector<Effect> list;
  std::string bytes;
  TextMemory texts;
  std::vector<AcceptedMail> mails;
  std::deque<std::vector<journal::event::RecipientReport>> reports; ///< that events point to

  void record(const journal::Event& event) { list.emplace_back(effect::Record{event}); }
  /// Adds output; joins it to a Write that is already last.
  void write(std::string_view text);

  /// How much there was at a moment.
  struct Position {
    std::size_t effects = 0;
    std::size_t bytes = 0;
    std::size_t mails = 0;
  };
  Position position() const { return {list.size(), bytes.size(), mails.size()}; }
  /// Takes back what was added since.
  void undo_to(const Position& position);
  void clear() {
    list.clear();
    bytes.clear();
    texts.clear();
    if (!mails.empty()) mails.clear();
    if (!reports.empty()) reports.clear();
  }
};

} // namespace tempfail::session
