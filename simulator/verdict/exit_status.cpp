// What the exit status of a sender's command says.
#include "verdict/exit_status.hpp"

#include "verdict/met.hpp"

#include <algorithm>

namespace tempfail::verdict {
namespace {

// As shells have it: found and not executable, not found.
constexpr int not_executable = 126;
constexpr int not_found = 127;
/// No program that sends mail uses it: sysexits.h ends at 78.
constexpr int does_not_do_this = 89;

int status_of(const journal::Event& event) {
  return std::get<journal::event::Process>(event.body).exit_code;
}

} // namespace

std::vector<const journal::Event*> ended_commands(const Case& observed) {
  std::vector<const journal::Event*> ended;
  for (const journal::Event* event : observed.processes)
    if (!std::get<journal::event::Process>(event->body).started) ended.push_back(event);
  return ended;
}

std::string start_error(const Case& observed) {
  if (!observed.sessions.empty()) return {};
  for (const journal::Event* event : ended_commands(observed))
    if (const int status = status_of(*event); status == not_executable || status == not_found)
      return "the command could not be started (exit status " + std::to_string(status) + ")";
  return {};
}

std::string report_error(const Case& observed) {
  if (observed.unreadable_results.empty()) return {};
  const std::size_t more = observed.unreadable_results.size() - 1;
  return std::string(observed.unreadable_results.front()->problem) +
         (more == 0 ? std::string() : " (and " + std::to_string(more) + " more like it)");
}

std::string declaration(const Case& observed) {
  const std::vector<const journal::Event*> ended = ended_commands(observed);
  const bool all = !ended.empty() && std::all_of(ended.begin(), ended.end(), [](const auto* event) {
    return status_of(*event) == does_not_do_this;
  });
  if (!all || accepted_anything(observed)) return {};
  return "the sender does not support this (exit status " + std::to_string(does_not_do_this) + ")";
}

} // namespace tempfail::verdict
