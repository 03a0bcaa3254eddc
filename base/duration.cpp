// Reads and writes durations.
#include "base/duration.hpp"

#include "base/ascii.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace tempfail::base {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t microseconds;
};
/// Largest first; "w" is read but never written, because people count failures in days.
constexpr std::array<Unit, 7> units = {{
    {"w", 604'800'000'000},
    {"d", 86'400'000'000},
    {"h", 3'600'000'000},
    {"m", 60'000'000},
    {"s", 1'000'000},
    {"ms", 1'000},
    {"us", 1},
}};

/// Takes the digits off the front of `text`: the number that they write, or the largest there is where that is larger;
/// nothing when there are none.
std::optional<std::int64_t> take_amount(std::string_view& text) {
  const std::size_t length = std::min(text.find_first_not_of("0123456789"), text.size());
  if (length == 0) return std::nullopt;
  std::int64_t value = 0;
  const bool fits = std::from_chars(text.data(), text.data() + length, value).ec == std::errc();
  text.remove_prefix(length);
  return fits ? value : std::numeric_limits<std::int64_t>::max();
}

/// Takes what is no digit and no blank off the front of `text`.
std::string_view take_word(std::string_view& text) {
  const std::size_t length = std::min(text.find_first_of("0123456789 "), text.size());
  const std::string_view word = text.substr(0, length);
  text.remove_prefix(length);
  return word;
}

/// Of what is over the longest duration only that it is over it.
std::optional<Duration> read_duration_of_any_length(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return std::nullopt;
  constexpr std::int64_t too_long = longest_duration.count() + 1;
  std::int64_t total = 0;
  std::size_t next_unit = 0; // units come in falling order, each at most once
  while (!text.empty()) {
    const auto number = take_amount(text);
    if (!number) return std::nullopt;
    const std::string_view word = take_word(text);
    while (next_unit < units.size() && units[next_unit].name != word)
      ++next_unit;
    if (next_unit == units.size()) return std::nullopt;
    const std::int64_t unit = units[next_unit++].microseconds;
    total = *number > (too_long - total) / unit ? too_long : total + *number * unit;
  }
  return Duration(total);
}

} // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  const auto duration = read_duration_of_any_length(text);
  if (!duration || *duration > longest_duration) return std::nullopt;
  return duration;
}

bool exceeds_longest_duration(std::string_view text) {
  const auto duration = read_duration_of_any_length(text);
  return duration && *duration > longest_duration;
}

std::string to_string(Duration duration) {
  if (duration == Duration::zero()) return "0s";
  std::string text;
  std::uint64_t rest = static_cast<std::uint64_t>(duration.count());
  if (duration < Duration::zero()) {
    text = "-";
    rest = 0 - rest;
  }
  for (const Unit& unit : units) {
    if (unit.name == "w") continue;
    const std::uint64_t number = rest / static_cast<std::uint64_t>(unit.microseconds);
    if (number == 0) continue;
    rest -= number * static_cast<std::uint64_t>(unit.microseconds);
    text += std::to_string(number);
    text += unit.name;
  }
  return text;
}

} // namespace tempfail::base
