// Draws a policy for people and for scripts.
#include "client/policy/show.hpp"

#include "client/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <sstream>

namespace tempfail::client {
namespace {

/// More tries than anyone wants to read; a policy with a wait of a second has very many.
constexpr std::size_t max_planned = 10'000;
constexpr std::size_t max_listed = 12;

std::string part(const std::optional<std::uint16_t>& number) {
  return number ? std::to_string(*number) : "*";
}

std::string condition_text(const Condition& when) {
  std::string text;
  const auto add = [&text](std::string_view word) {
    text.append(text.empty() ? "" : " ").append(word);
  };
  for (const StatusPattern& pattern : when.statuses) {
    add(part(pattern.class_digit) + '.' + part(pattern.subject) + '.' + part(pattern.detail));
  }
  for (const std::string& code : when.codes)
    add(code.size() < 3 ? code + '*' : code);
  for (const Failure failure : when.failures)
    add(name(failure));
  for (const Stage stage : when.stages)
    add("at " + std::string{name(stage)});
  return text.empty() ? "anything else" : text;
}

std::string schedule_text(const Schedule& schedule) {
  std::string text;
  if (!schedule.waits.empty()) {
    for (const Duration wait : schedule.waits)
      text.append(text.empty() ? "" : ", ").append(to_string(wait));
  } else {
    std::ostringstream series;
    series << to_string(schedule.first) << " x" << schedule.factor << " up to "
           << to_string(schedule.longest);
    text = series.str();
  }
  if (schedule.jitter > 0)
    text += " +" + std::to_string(static_cast<int>(schedule.jitter * 100 + 0.5)) + "%";
  return text;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string tries_text(const std::vector<PlannedTry>& tries) {
  std::string text;
  for (std::size_t i = 0; i < tries.size() && i < max_listed; ++i) {
    text.append(i == 0 ? "" : ", ").append(approximate(tries[i].earliest));
  }
  if (tries.size() > max_listed) text += ", …";
  return text;
}

/// One line of the timeline: a try's earliest moment is '|', the spread of its jitter '-'; the end
/// 'X'.
std::string timeline(const std::vector<PlannedTry>& tries, Duration span, std::size_t width) {
  std::string line(width, ' ');
  const auto column = [&](Duration at) {
    const auto place = static_cast<double>(at.count()) / static_cast<double>(span.count()) *
                       static_cast<double>(width - 1);
    return std::min(width - 1, static_cast<std::size_t>(place));
  };
  for (const PlannedTry& planned : tries) {
    for (std::size_t i = column(planned.earliest); i <= column(planned.latest); ++i) {
      if (line[i] == ' ') line[i] = '-';
    }
  }
  for (const PlannedTry& planned : tries)
    line[column(planned.earliest)] = '|';
  return line;
}

/// The scale above the timelines: a mark for each day, or hour, or whatever gives about six of
/// them.
std::string scale_line(Duration span, std::size_t width) {
  using namespace std::chrono_literals;
  constexpr std::array<Duration, 9> steps{1min, 5min, 15min, 1h, 4h, 12h, 24h, 48h, 168h};
  Duration step = steps.back();
  for (const Duration candidate : steps) {
    if (span / candidate <= 8) {
      step = candidate;
      break;
    }
  }
  std::string line(width, ' ');
  for (Duration at{}; at <= span; at += step) {
    const std::string mark = approximate(at);
    const auto place = static_cast<std::size_t>(static_cast<double>(at.count()) /
                                                static_cast<double>(span.count()) *
                                                static_cast<double>(width - 1));
    if (place + mark.size() <= width) line.replace(place, mark.size(), mark);
  }
  return line;
}

double seconds(Duration duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

} // namespace

std::vector<PlannedTry> plan(const Policy& policy, const Rule& rule) {
  std::vector<PlannedTry> tries{{}};
  while (tries.size() < max_planned) {
    const auto step = static_cast<unsigned>(tries.size());
    if (rule.tries != 0 && step >= rule.tries) break;
    const auto bounds = rule.schedule.bounds(step);
    if (!bounds || tries.back().earliest + bounds->earliest > policy.give_up_after) break;
    tries.push_back({tries.back().earliest + bounds->earliest,
                     std::min(policy.give_up_after, tries.back().latest + bounds->latest)});
  }
  return tries;
}

std::string show_policy(const Policy& policy, unsigned width) {
  std::size_t name_width = 4;
  std::size_t when_width = 4;
  for (const Rule& rule : policy.rules) {
    name_width = std::max(name_width, rule.name.size());
    when_width = std::max(when_width, condition_text(rule.when).size());
  }
  std::ostringstream out;
  out << padded("RULE", name_width) << "  " << padded("WHEN", when_width) << "  TRIES  WAITS\n";
  for (const Rule& rule : policy.rules) {
    const auto tries = plan(policy, rule);
    out << padded(rule.name, name_width) << "  " << padded(condition_text(rule.when), when_width)
        << "  " << padded(std::to_string(tries.size()), 5) << "  "
        << (rule.tries == 1 ? "none: fails at once" : schedule_text(rule.schedule)) << '\n';
  }
  out << "\nA 5xx reply is never retried. The queue lifetime is " << to_string(policy.give_up_after)
      << ", reported as " << (policy.expired ? policy.expired->text() : "the last failure's status")
      << '.';
  for (const Duration age : policy.delay_notices)
    out << " Delay notice after " << to_string(age) << '.';
  if (policy.suspension.after != 0) {
    out << "\nA host is suspended after " << policy.suspension.after << " failures in a row, for "
        << to_string(policy.suspension.first) << " at first, "
        << to_string(policy.suspension.longest) << " at most.";
  }
  out << "\n\nEarliest moment of each try, counted from the first:\n";
  for (const Rule& rule : policy.rules) {
    out << padded(rule.name, name_width) << "  " << tries_text(plan(policy, rule)) << '\n';
  }
  const std::size_t room = std::max<std::size_t>(width, name_width + 42) - name_width - 2;
  out << "\nTimeline ('|' a try, '-' the spread of its jitter):\n"
      << padded("", name_width) << "  " << scale_line(policy.give_up_after, room) << '\n';
  for (const Rule& rule : policy.rules) {
    out << padded(rule.name, name_width) << "  "
        << timeline(plan(policy, rule), policy.give_up_after, room) << '\n';
  }
  return out.str();
}

std::string policy_as_json(const Policy& policy) {
  nlohmann::ordered_json document;
  document["give_up_after_s"] = seconds(policy.give_up_after);
  document["expired_status"] = policy.expired ? policy.expired->text() : "last";
  document["in_doubt"] = policy.in_doubt == InDoubt::hold ? "hold" : "resend";
  document["delay_notices_s"] = nlohmann::json::array();
  for (const Duration age : policy.delay_notices)
    document["delay_notices_s"].push_back(seconds(age));
  document["rules"] = nlohmann::json::array();
  for (const Rule& rule : policy.rules) {
    nlohmann::ordered_json entry{
        {"name", rule.name}, {"why", rule.why}, {"when", condition_text(rule.when)}};
    entry["tries"] = nlohmann::json::array();
    for (const PlannedTry& planned : plan(policy, rule)) {
      entry["tries"].push_back(
          {{"earliest_s", seconds(planned.earliest)}, {"latest_s", seconds(planned.latest)}});
    }
    document["rules"].push_back(std::move(entry));
  }
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace tempfail::client
