// The spelling of moments, and of durations where a rough figure will do.
#include "client/base/text.hpp"

#include <array>
#include <cstdio>

namespace tempfail::client {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t microseconds;
};
/// Largest first.
constexpr std::array units{
    Unit{"d", 86'400'000'000}, Unit{"h", 3'600'000'000}, Unit{"m", 60'000'000},
    Unit{"s", 1'000'000},      Unit{"ms", 1'000},        Unit{"us", 1},
};
constexpr std::array weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

} // namespace

std::string approximate(Duration duration) {
  std::int64_t left = duration.count() < 0 ? -duration.count() : duration.count();
  std::string text = duration.count() < 0 ? "-" : "";
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (left < units[i].microseconds) continue;
    text += std::to_string(left / units[i].microseconds).append(units[i].name);
    left %= units[i].microseconds;
    if (i + 1 < units.size() && i < 3 && left >= units[i + 1].microseconds) {
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
