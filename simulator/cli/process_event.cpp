// A process's beginning and end.
#include "cli/process_event.hpp"

#include "cli/text.hpp"

#include <utility>

namespace tempfail::cli {

ProcessEvent::ProcessEvent(const std::vector<std::string>& arguments, std::string handovers)
    : command_(shell_quoted(arguments)), handovers_(std::move(handovers)) {}

journal::event::Process ProcessEvent::started() const {
  journal::event::Process event;
  event.started = true;
  event.command = command_;
  event.handover = handovers_;
  return event;
}

journal::event::Process ProcessEvent::ended(const ProcessExit& exit) const {
  journal::event::Process event;
  event.exit_code = exit.code;
  event.command = command_;
  event.handover = handovers_;
  event.ended = exit.ended;
  event.user_us = static_cast<std::uint64_t>(exit.user.count());
  event.system_us = static_cast<std::uint64_t>(exit.system.count());
  return event;
}

} // namespace tempfail::cli
