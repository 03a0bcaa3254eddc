// The line protocol of the control socket: one command a line, one answer a line ("ok …" or "error …").
#pragma once

#include "control/managed_server.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::cli {

/// A command of the control socket, for the help text.
struct ControlCommand {
  std::string usage;
  std::string meaning;
};
const std::vector<ControlCommand>& control_commands();

/// Longest line that is read, bytes.
inline constexpr std::size_t control_line_limit = 4096;

/// Answers one line, without a line feed: at once, or later from the loop.
void answer_control(std::string_view line, control::ManagedServer& server,
                    const control::Limits& limits, std::function<void(std::string)> done);

} // namespace tempfail::cli
