// A journal read back: the events, and the text they point into.
#pragma once

#include "journal/event.hpp"

#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::journal {

/// A line that is no event: a journal cut short by a kill has at most one, the last.
struct BadLine {
  std::size_t line = 0; ///< from 1
  std::string what;
};

/// A decoded journal. Owns the texts its events point into; moves, does not copy.
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

  const std::vector<Event>& events() const { return events_; }
  const std::vector<BadLine>& bad_lines() const { return bad_lines_; }

private:
  std::deque<std::string> texts_;
  std::vector<Event> events_;
  std::vector<BadLine> bad_lines_;
};

} // namespace tempfail::journal
