// A line for each event, for people who watch `serve` on a terminal.
#pragma once

#include "journal/recorder.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace tempfail::cli {

class StandardStream;

/// Passes events on, and prints what a connection said and was told. Lines are written when the journal is, so that a
/// slow terminal does not come between an event and its place in the journal.
class EventLines final : public journal::Recorder {
 public:
  /// At most so many lines are printed in a real second; the others are counted.
  static constexpr std::size_t max_in_a_second = 200;

  /// `all`: also what few people look for, as contents and handshakes. Both references outlive it.
  EventLines(journal::Recorder& next, StandardStream& out, bool all);
  void record(const journal::Event& event) override;
  void flush() override;

 private:
  void add(const journal::Event& event);

  journal::Recorder& next_;
  StandardStream& out_;
  bool all_;
  std::map<std::uint32_t, std::string> scenarios_; ///< by number of their server
  std::string lines_;                              ///< not written yet
  std::chrono::steady_clock::time_point second_{}; ///< began then
  std::size_t in_second_ = 0;
  std::size_t left_out_ = 0;
};

} // namespace tempfail::cli
