// Which events of a journal are of one run of one program. A journal is appended to when a server is started again, and
// may be merged from several machines; numbers of servers and sessions begin at 1 in each.
#pragma once

#include "journal/event.hpp"

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::journal {

/// A journal in a format that this version does not read; what() says so in a sentence that begins with a verb.
struct WrongFormat : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class WriterRegistry {
 public:
  /// A run begins on a node. `goes_on`: its beginning is in an earlier file, which is not there. Throws WrongFormat.
  void begin(const event::Run& run, std::string_view node, bool goes_on);
  /// Whether an event that a file repeats from the one before (`again`) is there already.
  bool has(const Event& repeated) const;
  /// Whether the event's run began in a file that is not there.
  bool goes_on(const Event& event) const;
  /// Says of an event whose it is, and tells its moments from the beginning of the journal's first run on.
  void place(Event& event);

  // Of a stream that several nodes write to (stream.cpp).

  /// The clock of the node whose events are placed next is behind by so much.
  void set_behind(Duration by) { behind_ = by; }
  /// Whether the event is there already, whatever it says of itself.
  bool has_number(const Event& event) const;
  /// A node whose run event is missing begins.
  void begin_without_run(std::string_view node);
  bool knows(std::string_view node) const { return by_node_.contains(node); }
  /// Since when events of this node are missing, after this one, which is not placed yet; nothing: none are.
  std::optional<Moment> missing_before(const Event& event, bool again);
  /// Nodes whose last run has no event::End.
  std::vector<std::string> without_end() const;
  /// The last event of a node, without its body; one of no writer, where there is none.
  Event last_of(std::string_view node) const;

 private:
  struct Writer {
    std::uint32_t number = 0;
    Duration offset{}; ///< protocol time from the first run's start to that of its run
    std::int64_t started_unix_us = 0;
    std::uint64_t last = 0; ///< number of its last event
    Moment last_time{};     ///< on the journal's time line
    bool goes_on = false;
    bool has_ended = false;
    std::optional<Moment> missing_since; ///< nothing: all events so far are there
  };
  struct Start {
    std::int64_t unix_us = 0;
    double time_scale = 1;
  };

  std::map<std::string, Writer, std::less<>> by_node_; ///< the one that writes now
  std::optional<Start> first_;
  std::uint32_t count_ = 0;
  Duration behind_{};
};

} // namespace tempfail::journal
