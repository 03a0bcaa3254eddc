// The spelling of durations and moments, both ways.
#include "client/base/text.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace tempfail::client {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t microseconds;
};
/// Largest first; written durations use them in this order.
constexpr std::array units{
    Unit{"w", 604'800'000'000},
    Unit{"d", 86'400'000'000},
    Unit{"h", 3'600'000'000},
    Unit{"m", 60'000'000},
    Unit{"s", 1'000'000},
    Unit{"ms", 1'000},
    Unit{"us", 1},
};
constexpr std::int64_t longest = 10 * 366 * std::int64_t{86'400'000'000};

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

constexpr std::array weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

} // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    std::int64_t amount = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), amount);
    if (result.ec != std::errc{} || amount < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
    const Unit* unit = find_unit(text.substr(0, text.find_first_of("0123456789")));
    if (unit == nullptr || amount > longest / unit->microseconds) return std::nullopt;
    text.remove_prefix(unit->name.size());
    total += amount * unit->microseconds;
    if (total > longest) return std::nullopt;
  }
  return Duration{total};
}

std::string to_string(Duration duration) {
  std::int64_t left = duration.count();
  if (left == 0) return "0s";
  std::string text = left < 0 ? "-" : "";
  if (left < 0) left = -left;
  for (const Unit& unit : units) {
    if (unit.name == "w") continue; // "10d" reads better than "1w3d"
    if (left < unit.microseconds) continue;
    text += std::to_string(left / unit.microseconds);
    text += unit.name;
    left %= unit.microseconds;
  }
  return text;
}

std::string approximate(Duration duration) {
  std::int64_t left = duration.count() < 0 ? -duration.count() : duration.count();
  std::string text = duration.count() < 0 ? "-" : "";
  for (std::size_t i = 1; i < units.size(); ++i) {
    if (left < units[i].microseconds) continue;
    text += std::to_string(left / units[i].microseconds).append(units[i].name);
    left %= units[i].microseconds;
    if (i + 1 < units.size() && i < 4 && left >= units[i + 1].microseconds) {
      text += ' ';
      text += std::to_string(left / units[i + 1].microseconds).append(units[i + 1].name);
    }
    return text;
  }
  return "0s";
}

std::string to_rfc3339(Moment at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::milliseconds>(at - day)};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text.data();
}

std::string to_rfc5322(Moment at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::weekday weekday{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(at - day)};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000",
                weekdays.at(weekday.c_encoding()), static_cast<unsigned>(date.day()),
                months.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text.data();
}

} // namespace tempfail::client
