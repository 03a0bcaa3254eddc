// The line protocol of the control socket: one command a line, one answer a line ("ok …" or "error …").
#pragma once

#include "scenario/units.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tempfail::cli {

/// What control commands do. `serve` implements it. Each returns the text behind "ok", or throws
/// std::runtime_error with the text behind "error".
class ControlTarget {
 public:
  virtual ~ControlTarget() = default;
  /// Moves protocol time on (manual clock only).
  virtual std::string advance(Duration by) = 0;
  /// A scenario's state back to how it was before its first contact; "all" for every one.
  virtual std::string reset(const std::string& scenario) = 0;
  virtual std::string stop_queue(const std::string& scenario) = 0;
  virtual std::string start_queue(const std::string& scenario) = 0;
  /// Protocol time since the start.
  virtual std::string now() = 0;
  /// A JSON object, on one line.
  virtual std::string status() = 0;
};

/// A command of the control socket, for the help text.
struct ControlCommand {
  std::string usage;
  std::string meaning;
};
const std::vector<ControlCommand>& control_commands();

/// Longest line that is read, bytes.
inline constexpr std::size_t control_line_limit = 4096;

/// The answer to one line, without a line feed.
std::string control_answer(std::string_view line, ControlTarget& target);

} // namespace tempfail::cli
