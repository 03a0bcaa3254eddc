// Reads control lines and does what they ask for.
#include "cli/control_protocol.hpp"

#include "cli/mix_file.hpp"
#include "cli/text.hpp"
#include "control/refusal.hpp"
#include "http/views.hpp"

#include <charconv>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace tempfail::cli {

namespace {

using std::chrono::milliseconds;

/// Events of one answer: bytes.
constexpr std::size_t events_of_answer = std::size_t{1} << 20U;

std::vector<std::string> split(std::string_view line) {
  std::istringstream words{std::string(line)};
  std::vector<std::string> result;
  for (std::string word; words >> word;)
    result.push_back(word);
  return result;
}

[[noreturn]] void complain_of_command(const std::string& name) {
  for (const ControlCommand& command : control_commands())
    if (command.usage.starts_with(name + " ") || command.usage == name)
      throw std::runtime_error("usage: " + command.usage);
  throw std::runtime_error("usage: " + name);
}

Duration duration_of(const std::string& text) {
  if (scenario::exceeds_longest_duration(text))
    throw std::runtime_error(text + " is over the limit of ten years");
  const std::optional<Duration> duration = scenario::parse_duration(text);
  if (!duration)
    throw std::runtime_error(text + " is not a valid duration; allowed: 90s, 5m, 1h30m");
  return *duration;
}

std::uint64_t number_of(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::runtime_error(text + " is not a whole number");
  return number;
}

/// One line of JSON without its end.
std::string on_a_line(std::string json) {
  while (json.ends_with('\n'))
    json.pop_back();
  return json;
}

/// mix, mix FILE: the name of a file may have blanks in it.
std::string mix(const std::vector<std::string>& words, std::string_view line,
                control::ManagedServer& server) {
  if (words.size() > 1) {
    const std::string file(line.substr(line.find(words[1], line.find(words[0]) + words[0].size())));
    const auto mistakes = server.change_mix(read_mix_file(file), file);
    if (!mistakes.empty()) throw std::runtime_error(summary_of(mistakes));
  }
  return on_a_line(http::to_json(server.mix()));
}

/// What is answered at once.
std::string perform(const std::vector<std::string>& words, control::ManagedServer& server) {
  const std::string& name = words.front();
  const auto argument = [&]() -> const std::string& {
    if (words.size() == 2) return words[1];
    complain_of_command(name);
  };
  if (name == "reset") {
    server.reset(argument() == "all" ? std::string() : words[1]);
    return "reset " + words[1];
  }
  if (name == "stop-queue" || name == "start-queue") {
    const bool starts = name == "start-queue";
    server.set_queue(argument(), starts);
    return (starts ? "started " : "stopped ") + words[1];
  }
  if (name == "mark") return std::to_string(server.mark(argument()));
  const bool bare = words.size() == 1;
  if (name == "ready" && bare) return "ready";
  if (name == "now" && bare) return scenario::to_string(server.view().now);
  if (name == "status" && bare) return on_a_line(http::to_json(server.view()));
  std::string allowed;
  for (const ControlCommand& command : control_commands())
    allowed += (allowed.empty() ? "" : ", ") + command.usage;
  throw std::runtime_error("unknown command " + joined(words, " ") + "; allowed: " + allowed);
}

using Done = std::function<void(std::string)>;

constexpr const char* closed = "error the server was closed";

milliseconds wait_of(const std::string& text, const control::Limits& limits) {
  const Duration wait = duration_of(text);
  if (wait > limits.longest_wait)
    throw std::runtime_error(text + " is over the limit of " +
                             scenario::to_string(limits.longest_wait));
  return std::chrono::duration_cast<milliseconds>(wait);
}

/// wait tries|messages COUNT TIME
void wait(const std::vector<std::string>& words, control::ManagedServer& server,
          const control::Limits& limits, Done done) {
  if (words.size() != 4 || (words[1] != "tries" && words[1] != "messages"))
    complain_of_command("wait");
  const auto least = static_cast<std::size_t>(number_of(words[2]));
  const milliseconds time = wait_of(words[3], limits);
  const auto answer = [least, done = std::move(done)](control::WaitEnd end, const auto& list) {
    if (end == control::WaitEnd::gone)
      done(closed);
    else
      done("ok " + on_a_line(http::to_json(list, list.size() >= least)));
  };
  if (words[1] == "tries")
    server.wait_for_tries({}, least, time, answer);
  else
    server.wait_for_messages({}, least, time, answer);
}

/// advance DURATION
void advance(const std::vector<std::string>& words, control::ManagedServer& server, Done done) {
  if (words.size() != 2) complain_of_command("advance");
  server.advance(duration_of(words[1]), [done = std::move(done)](Moment now, const auto& problem) {
    done(problem.empty() ? "ok " + scenario::to_string(now) : "error " + problem);
  });
}

std::string events_after(const control::MemoryJournal& journal, std::uint64_t position) {
  const control::MemoryJournal::Lines lines = journal.after(position, events_of_answer);
  std::string text = "ok {\"position\":" + std::to_string(lines.last) + ",\"events\":[";
  std::string_view rest = lines.text;
  for (bool first = true; !rest.empty(); first = false) {
    const std::size_t end = rest.find('\n');
    if (!first) text += ',';
    text += rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
  return text + "]}";
}

/// events POSITION TIME
void events(const std::vector<std::string>& words, control::ManagedServer& server,
            const control::Limits& limits, Done done) {
  if (words.size() != 3) complain_of_command("events");
  const std::uint64_t position = number_of(words[1]);
  server.wait_for_events(
      position, wait_of(words[2], limits),
      [weak = server.weak_from_this(), position, done = std::move(done)](control::WaitEnd end) {
        const auto still = weak.lock();
        done(!still || end == control::WaitEnd::gone ? closed
                                                     : events_after(still->journal(), position));
      });
}

} // namespace

const std::vector<ControlCommand>& control_commands() {
  static const std::vector<ControlCommand> commands = {
      {"advance DURATION",
       "Moves protocol time forward (with --clock manual). Timers fire in order, each at its own "
       "moment. Input that clients sent before is handled first; all output that the move causes "
       "is sent before the answer. Servers that share a store have one clock: it moves in all of "
       "them."},
      {"reset NAME|all", "Resets a scenario to its state before the first connection."},
      {"stop-queue NAME", "Stops the queue of a scenario that has one."},
      {"start-queue NAME", "Starts that queue again."},
      {"mark LABEL", "Marks a position in the journal, and answers with it."},
      {"ready", "Answers as soon as the server takes requests: for health checks."},
      {"now", "Answers with the protocol time since the start."},
      {"status", "Answers with a JSON object: time, endpoints, open sessions, messages accepted."},
      {"mix [FILE]",
       "With tempfail serve --mix: uses the mix in this file from now on. Answers with a JSON "
       "object: the mix, and how often recipients and messages of each share were accepted, "
       "deferred and rejected."},
      {"wait tries|messages COUNT TIME",
       "Waits for this many tries or accepted messages, at most for TIME (real time, up to 60s). "
       "Answers with a JSON object that contains all of them."},
      {"events POSITION TIME",
       "Waits for journal events after this position, at most for TIME (real time). Answers with a "
       "JSON object that contains the events and the position of the last one."},
  };
  return commands;
}

void answer_control(std::string_view line, control::ManagedServer& server,
                    const control::Limits& limits, std::function<void(std::string)> done) {
  const std::vector<std::string> words = split(line);
  if (words.empty()) return done("error empty line");
  std::string answer;
  try {
    if (words.front() == "advance") return advance(words, server, done);
    if (words.front() == "wait") return wait(words, server, limits, done);
    if (words.front() == "events") return events(words, server, limits, done);
    const std::string text =
        words.front() == "mix" ? mix(words, line, server) : perform(words, server);
    answer = text.empty() ? "ok" : "ok " + text;
  } catch (const control::Refusal& refusal) {
    answer = "error " + refusal.text();
  } catch (const std::exception& error) {
    answer = std::string("error ") + error.what();
  }
  done(answer);
}

} // namespace tempfail::cli
