// A journal read back: the events, and the text they point into.
#pragma once

#include "journal/event.hpp"
#include "journal/event_memory.hpp"
#include "journal/writer_registry.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tempfail::journal {

/// A line that is no event: a journal cut short by a kill has at most one, the last.
struct BadLine {
  std::size_t line = 0; ///< from 1
  std::string what;     ///< said of the line: "is not a JSON object"
};

/// A decoded journal. Owns the texts its events point into; moves, does not copy. Keys and events
/// that this version doesn't know are passed over, so that a later version's journal can be read.
/// The first reply that came after its exchange was written is filled into that exchange, too; and an exchange whose
/// reply was still with the server when the client took no more is not answered until all has left. An end that a later
/// one replaces is a note.
class Journal {
 public:
  /// Throws WrongFormat.
  static Journal decode(std::string_view text);
  /// Throws std::system_error when the file can't be read, and WrongFormat.
  static Journal read(const std::filesystem::path& file);

  Journal() = default;
  Journal(Journal&&) = default;
  Journal& operator=(Journal&&) = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Reads on: `text` is what was written since, whole lines only. For a journal that is watched
  /// while it grows. Throws WrongFormat.
  void append(std::string_view text);

  /// Reads one entry of a stream that several nodes write to, in its order: whole lines of a node whose clock is behind
  /// by so much. Lines that were read already are passed over, and after a number that is missing an event says so
  /// (event::Missing). Throws WrongFormat.
  void append_entry(std::string_view lines, Duration behind);
  /// The nodes that wrote entries and no event::End after them.
  std::vector<std::string> nodes_without_end() const { return writers_.without_end(); }
  /// Nothing of this node comes any more: an event says so after its last one.
  void end_without_word(std::string_view node);

  /// Puts the events of several writers in the order of their times. Nothing is appended after it.
  void put_in_order();
  /// After the end of each node that ended while clients still connected to others, an event says so. In order, and
  /// stays so.
  void note_early_ends();
  /// The time of the latest event.
  Moment last_moment() const;
  /// Leaves out what came after a moment, but not what it says about before: exchanges keep their replies, events that
  /// were missing before are missing, and a server that died later died then. Nothing is appended after it.
  void cut_after(Moment moment);

  const std::vector<Event>& events() const { return events_; }
  /// The server that an event belongs to; null: no event opened it.
  const event::Server* server_of(const Event& event) const;
  /// The name of the scenario of the server that an event belongs to; empty: of none.
  std::string_view scenario_of(const Event& event) const;
  /// Whether the event is of a session that began in an earlier file, which is not here: what it said before is not
  /// known.
  bool lacks_beginning(const Event& event) const {
    return !headless_.empty() && headless_.contains(event.session_key());
  }
  /// The number of the first event that is not repeated from an earlier file; 0: there is none.
  std::uint64_t first_sequence() const { return first_sequence_; }
  const std::vector<BadLine>& bad_lines() const { return bad_lines_; }
  /// Lines of events that a later version writes and this one doesn't know.
  std::size_t unknown_events() const { return unknown_events_; }

 private:
  void decode_line(std::string_view line, bool torn);
  void place(Event& event, bool again);
  void add(Event event, bool again);
  void look_for_beginning(const Event& event);
  void add_missing(const Event& after, Moment since, event::Missing missing);
  static Event missing_event(const Event& after, Moment since, event::Missing missing);
  void answer(const Event& event, const event::Reply& reply);
  void take_back(const Event& event, std::uint64_t unsent);
  void give_again(const Event& event);
  void find_servers();
  void take_end_back(const Event& event);

  /// What an exchange was told that has not left the server yet.
  struct Unsent {
    std::size_t index = 0; ///< of the exchange
    std::string_view reply;
    int code = 0;
  };

  EventMemory memory_;
  std::vector<Event> events_;
  WriterRegistry writers_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t>
      servers_; ///< writer and number -> index of the event that opened it
  std::unordered_map<std::uint64_t, std::size_t>
      open_; ///< session (Event::session_key) -> index of its unanswered exchange
  std::unordered_map<std::uint64_t, std::vector<Unsent>> unsent_; ///< by session, too
  std::unordered_set<std::uint64_t> begun_; ///< sessions of runs that go on, since they connected
  std::unordered_set<std::uint64_t> headless_; ///< sessions of them that connected earlier
  std::uint64_t first_sequence_ = 0;
  bool is_stream_ = false; ///< each number of a writer is expected, and once
  std::vector<BadLine> bad_lines_;
  std::size_t lines_ = 0;
  std::size_t unknown_events_ = 0;
};

} // namespace tempfail::journal
