// Reads control lines and calls what they ask for.
#include "cli/control_protocol.hpp"

#include "cli/text.hpp"

#include <optional>
#include <sstream>
#include <stdexcept>

namespace tempfail::cli {

namespace {

std::vector<std::string> split(std::string_view line) {
  std::istringstream words{std::string(line)};
  std::vector<std::string> result;
  for (std::string word; words >> word;)
    result.push_back(word);
  return result;
}

std::string perform(const std::vector<std::string>& words, ControlTarget& target) {
  const std::string& name = words.front();
  const auto argument = [&]() -> const std::string& {
    if (words.size() == 2) return words[1];
    for (const ControlCommand& command : control_commands())
      if (command.usage.starts_with(name + " "))
        throw std::runtime_error("usage: " + command.usage);
    throw std::runtime_error("usage: " + name);
  };
  if (name == "advance") {
    if (scenario::is_too_long(argument()))
      throw std::runtime_error(words[1] + " is over the limit of ten years");
    const std::optional<Duration> by = scenario::parse_duration(argument());
    if (!by) throw std::runtime_error(words[1] + " is no duration; allowed: 90s, 5m, 1h30m");
    return target.advance(*by);
  }
  if (name == "reset") return target.reset(argument());
  if (name == "stop-queue") return target.stop_queue(argument());
  if (name == "start-queue") return target.start_queue(argument());
  const bool bare = words.size() == 1;
  if (name == "now" && bare) return target.now();
  if (name == "status" && bare) return target.status();
  std::string allowed;
  for (const ControlCommand& command : control_commands())
    allowed += (allowed.empty() ? "" : ", ") + command.usage;
  throw std::runtime_error("unknown command " + joined(words, " ") + "; allowed: " + allowed);
}

} // namespace

const std::vector<ControlCommand>& control_commands() {
  static const std::vector<ControlCommand> commands = {
      {"advance DURATION",
       "Moves protocol time on (with --clock manual). Timers fire in order, each at its own "
       "moment."},
      {"reset NAME|all", "Puts a scenario back to how it was before its first contact."},
      {"stop-queue NAME", "Stops the queue of a scenario that has one."},
      {"start-queue NAME", "Starts it again."},
      {"now", "Answers with the protocol time since the start."},
      {"status", "Answers with a JSON object: time, endpoints, open sessions, messages accepted."},
  };
  return commands;
}

std::string control_answer(std::string_view line, ControlTarget& target) {
  const std::vector<std::string> words = split(line);
  if (words.empty()) return "error empty line";
  try {
    const std::string text = perform(words, target);
    return text.empty() ? "ok" : "ok " + text;
  } catch (const std::exception& error) {
    return std::string("error ") + error.what();
  }
}

} // namespace tempfail::cli
