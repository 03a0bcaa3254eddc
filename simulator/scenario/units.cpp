// The spelling of amounts in scenario files, both ways.
#include "scenario/units.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace tempfail::scenario {
namespace {

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array<SizeUnit, 6> size_units = {{
    {"GB", std::uint64_t{1} << 30U},
    {"MB", std::uint64_t{1} << 20U},
    {"KB", std::uint64_t{1} << 10U},
    {"byte", 1},
    {"bytes", 1},
    {"", 1},
}};

/// Takes a number off the front of `text`; nothing when there is none or it is too large.
template <typename T>
std::optional<T> take_number(std::string_view& text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// "a..b", "a.." or "a", each side read by `parse`.
template <typename T, typename Parse>
std::optional<Range<T>> parse_range(std::string_view text, Parse parse) {
  text = base::trimmed(text);
  const std::size_t dots = text.find("..");
  const std::optional<T> min = parse(text.substr(0, dots));
  if (!min) return std::nullopt;
  if (dots == std::string_view::npos) return Range<T>{*min, *min};
  const std::string_view above = base::trimmed(text.substr(dots + 2));
  if (above.empty()) return Range<T>{*min, std::nullopt};
  const std::optional<T> max = parse(above);
  if (!max || *max < *min) return std::nullopt;
  return Range<T>{*min, *max};
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  text = base::trimmed(text);
  const auto value = take_number<std::uint64_t>(text);
  return text.empty() ? value : std::nullopt;
}

/// Both more than nothing.
std::optional<Rate> make_rate(std::string_view amount_text, std::string_view per_text) {
  const auto amount = parse_size(amount_text);
  const auto per = parse_duration(per_text);
  if (!amount || *amount == 0 || !per || *per == Duration::zero()) return std::nullopt;
  return Rate{*amount, *per};
}

} // namespace

Duration multiplied(Duration each, std::uint64_t count) {
  if (each <= Duration::zero() || count == 0) return Duration::zero();
  const auto room = static_cast<std::uint64_t>(longest_duration / each);
  return count > room ? longest_duration : each * static_cast<std::int64_t>(count);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  text = base::trimmed(text);
  const auto number = take_number<std::uint64_t>(text);
  if (!number) return std::nullopt;
  text = base::trimmed(text);
  for (const SizeUnit& unit : size_units) {
    if (unit.name != text) continue;
    if (*number > std::numeric_limits<std::uint64_t>::max() / unit.bytes) return std::nullopt;
    return *number * unit.bytes;
  }
  return std::nullopt;
}

std::optional<Rate> parse_rate(std::string_view text) {
  for (const std::string_view separator : {" per ", "/"})
    if (const std::size_t at = text.find(separator); at != std::string_view::npos)
      return make_rate(text.substr(0, at), text.substr(at + separator.size()));
  return std::nullopt;
}

std::optional<Rate> parse_drain(std::string_view text) {
  constexpr std::string_view every = " every ";
  const std::size_t at = text.find(every);
  if (at == std::string_view::npos) return parse_rate(text);
  auto rate = make_rate(text.substr(0, at), text.substr(at + every.size()));
  if (rate) rate->in_steps = true;
  return rate;
}

std::optional<Range<Duration>> parse_duration_range(std::string_view text) {
  return parse_range<Duration>(text, parse_duration);
}

std::optional<Range<std::uint64_t>> parse_count_range(std::string_view text) {
  return parse_range<std::uint64_t>(text, parse_count);
}

std::string to_string(const Range<Duration>& range) {
  if (range.max && *range.max == range.min) return to_string(range.min);
  return to_string(range.min) + ".." + (range.max ? to_string(*range.max) : std::string());
}

std::string size_to_string(std::uint64_t bytes) {
  for (const SizeUnit& unit : {size_units[0], size_units[1], size_units[2]})
    if (bytes >= unit.bytes && bytes % unit.bytes == 0)
      return std::to_string(bytes / unit.bytes) + std::string(unit.name);
  return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
}

} // namespace tempfail::scenario
