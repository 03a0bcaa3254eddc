// A journal read back: the events, and the text they point into.
#pragma once

#include "journal/event.hpp"

#include <cstddef>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::journal {

/// A line that is no event: a journal cut short by a kill has at most one, the last.
struct BadLine {
  std::size_t line = 0; ///< from 1
  std::string what;     ///< said of the line: "is no JSON object"
};

/// A decoded journal. Owns the texts its events point into; moves, does not copy. Keys and events
/// that this version doesn't know are passed over, so that a later version's journal can be read.
class Journal {
 public:
  static Journal decode(std::string_view text);
  /// Throws std::system_error when the file can't be read.
  static Journal read(const std::filesystem::path& file);

  Journal() = default;
  Journal(Journal&&) = default;
  Journal& operator=(Journal&&) = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Reads on: `text` is what was written since, whole lines only. For a journal that is watched
  /// while it grows.
  void append(std::string_view text);

  const std::vector<Event>& events() const { return events_; }
  const std::vector<BadLine>& bad_lines() const { return bad_lines_; }
  /// Lines of events that a later version writes and this one doesn't know.
  std::size_t unknown_events() const { return unknown_events_; }

 private:
  void decode_line(std::string_view line, bool torn);

  std::deque<std::string> texts_;
  std::vector<Event> events_;
  std::vector<BadLine> bad_lines_;
  std::size_t lines_ = 0;
  std::size_t unknown_events_ = 0;
};

} // namespace tempfail::journal
