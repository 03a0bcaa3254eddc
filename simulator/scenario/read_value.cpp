// The readers of single values, each with the message that says what was wanted.
#include "scenario/read_value.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

namespace tempfail::scenario {
namespace {

constexpr std::string_view sizes = "4096, 64KB, 10MB, 1GB";
constexpr std::string_view durations = "250ms, 90s, 30m, 1h30m, 5d";
constexpr std::string_view duration_ranges = "30m..4h, 30m.., 30m";
constexpr std::string_view windows = "0s..10m, 1h..";
constexpr std::array<Named<bool>, 4> flag_words = {
    {{"yes", true}, {"no", false}, {"true", true}, {"false", false}}};

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A hint for a key that `kind` does not have: a similar key, or the map to which it belongs.
std::string hint_for_key(const std::string& key, const MapKind& kind) {
  if (std::string near = did_you_mean(key, kind.keys); !near.empty()) return near;
  return kind.where_key_belongs != nullptr ? kind.where_key_belongs(key) : std::string();
}

/// Reads a scalar with `parse`, or notes that it is no `wanted`.
template <typename Parse>
auto read_with(Parse parse, const Value& value, std::string_view wanted, std::string_view allowed,
               Mistakes& mistakes) -> decltype(parse(std::string_view())) {
  if (value.is_scalar())
    if (auto parsed = parse(value.text)) return parsed;
  note_wrong(value, wanted, std::string(allowed), mistakes);
  return std::nullopt;
}

/// Whether a time in this text, alone or in a range or a rate, is longer than the longest.
bool has_too_long_a_time(const Value& value) {
  if (!value.is_scalar()) return false;
  const std::string_view text = value.text;
  for (const std::string_view separator : {"..", " per ", " every ", "/"})
    if (const std::size_t at = text.find(separator); at != std::string_view::npos)
      return exceeds_longest_duration(text.substr(0, at)) ||
             exceeds_longest_duration(text.substr(at + separator.size()));
  return exceeds_longest_duration(text);
}

/// As read_with, of what has a time in it.
template <typename Parse>
auto read_time_with(Parse parse, const Value& value, std::string_view wanted,
                    std::string_view allowed, Mistakes& mistakes)
    -> decltype(parse(std::string_view())) {
  if (!has_too_long_a_time(value)) return read_with(parse, value, wanted, allowed, mistakes);
  mistakes.add(value.at, shown(value) + " is over the limit of ten years", std::string(allowed));
  return std::nullopt;
}

/// What was wanted, and why a bare number is none: "duration: it has no unit".
std::string wanted_time(const Value& value, std::string_view wanted) {
  const bool bare = value.is_scalar() && all_digits(value.text);
  return std::string(wanted) + (bare ? ": it has no unit" : "");
}

/// Whether this range of durations has its later end in front.
bool is_reversed(const Value& value) {
  const std::size_t dots = value.text.find("..");
  if (!value.is_scalar() || dots == std::string::npos) return false;
  const std::string_view text = value.text;
  const auto begin = parse_duration(text.substr(0, dots));
  const auto end = parse_duration(text.substr(dots + 2));
  return begin && end && *end < *begin;
}

/// A range of durations, or what is wrong with it.
std::optional<Range<Duration>> read_range_of_durations(const Value& value, std::string_view wanted,
                                                       std::string_view allowed,
                                                       Mistakes& mistakes) {
  if (is_reversed(value)) {
    mistakes.add(value.at, shown(value) + " ends before it begins", std::string(allowed));
    return std::nullopt;
  }
  return read_time_with(parse_duration_range, value, wanted_time(value, wanted), allowed, mistakes);
}

} // namespace

Map::Map(const Value& value, const MapKind& kind, Mistakes& mistakes) : value_(value), kind_(kind) {
  if (!value.is_map()) {
    // What is no scenario at all may be anything, and none of it is shown.
    if (kind.name == "file" && value.is_scalar())
      mistakes.add(value.at, "the file contains a text instead of a map", join(kind.keys));
    else
      note_wrong(value, "map", join(kind.keys), mistakes);
    return;
  }
  for (const Member& member : value.members) {
    if (std::find(kind.keys.begin(), kind.keys.end(), member.key) != kind.keys.end()) continue;
    if (kind.name == "file" && member.key.starts_with("x-")) continue; // a place for anchors
    has_unknown_ = true;
    if (mistakes.is_full())
      mistakes.add(member.at, "unknown key");
    else
      mistakes.add(member.at, "unknown key `" + member.key + "`" + hint_for_key(member.key, kind),
                   join(kind.keys));
  }
  for (const std::string_view required : kind.required)
    if (!has(required)) mistakes.add(value.at, "`" + std::string(required) + "` is missing");
}

const Member* Map::find_member(std::string_view key) const {
  assert(std::find(kind_.keys.begin(), kind_.keys.end(), key) != kind_.keys.end());
  const auto found = std::find_if(value_.members.begin(), value_.members.end(),
                                  [&](const Member& member) { return member.key == key; });
  return found == value_.members.end() ? nullptr : &*found;
}

const Value* Map::find(std::string_view key) const {
  const Member* const member = find_member(key);
  return member == nullptr ? nullptr : &member->value;
}

std::string shown(const Value& value) {
  switch (value.kind) {
  case Value::Kind::null: return "nothing";
  case Value::Kind::list: return value.items.empty() ? "an empty list" : "a list";
  case Value::Kind::map: return value.members.empty() ? "an empty map" : "a map";
  case Value::Kind::scalar: break;
  }
  if (value.text.empty()) return "an empty text";
  constexpr std::size_t longest = 60;
  if (value.text.size() <= longest) return "`" + value.text + "`";
  return "`" + value.text.substr(0, longest) + "…`";
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> words) {
  const auto near = closest(word, words, 1);
  return near.empty() ? std::string() : "; did you mean `" + near.front() + "`?";
}

void note_wrong(const Value& value, std::string_view wanted, std::string allowed,
                Mistakes& mistakes) {
  mistakes.add(value.at, shown(value) + " is not a valid " + std::string(wanted),
               std::move(allowed));
}

std::optional<std::string> read_text(const Value& value, std::string_view wanted,
                                     Mistakes& mistakes) {
  if (value.is_scalar() && value.text.find_first_not_of(" \t\r\n") != std::string::npos)
    return value.text;
  if (value.is_scalar())
    mistakes.add(value.at, "an empty text is not a valid " + std::string(wanted));
  else
    note_wrong(value, wanted, "a text", mistakes);
  return std::nullopt;
}

std::optional<std::uint64_t> read_count(const Value& value, std::uint64_t min, std::uint64_t max,
                                        Mistakes& mistakes) {
  std::uint64_t count = 0;
  const char* const end = value.text.data() + value.text.size();
  const bool read = value.is_scalar() && all_digits(value.text) &&
                    std::from_chars(value.text.data(), end, count).ec == std::errc();
  if (read && count >= min && count <= max) return count;
  const std::string allowed =
      "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  if (value.is_scalar() && all_digits(value.text))
    mistakes.add(value.at, shown(value) + " is out of range", allowed);
  else
    note_wrong(value, "count", allowed, mistakes);
  return std::nullopt;
}

std::optional<std::uint64_t> read_size(const Value& value, Mistakes& mistakes) {
  return read_with(parse_size, value, "size", sizes, mistakes);
}

std::optional<Duration> read_duration(const Value& value, Mistakes& mistakes) {
  return read_time_with(parse_duration, value, wanted_time(value, "duration"), durations, mistakes);
}

std::optional<Duration> read_positive_duration(const Value& value, Mistakes& mistakes) {
  const auto duration = read_duration(value, mistakes);
  if (duration && *duration == Duration::zero()) {
    mistakes.add(value.at, shown(value) + " is not a positive duration", std::string(durations));
    return std::nullopt;
  }
  return duration;
}

std::optional<Range<Duration>> read_duration_range(const Value& value, Mistakes& mistakes) {
  return read_range_of_durations(value, "range of durations", duration_ranges, mistakes);
}

std::optional<Range<Duration>> read_window(const Value& value, Mistakes& mistakes) {
  const auto window = read_range_of_durations(value, "window of time", windows, mistakes);
  if (window && window->max && *window->max == window->min) {
    mistakes.add(value.at, "the window " + shown(value) + " has no length", std::string(windows));
    return std::nullopt;
  }
  return window;
}

std::optional<std::vector<Range<Duration>>> read_windows(const Value& value, Mistakes& mistakes) {
  std::vector<Range<Duration>> found;
  for_one_or_many(value, "window of time", mistakes, [&](const Value& item) {
    if (const auto window = read_window(item, mistakes)) found.push_back(*window);
  });
  if (found.empty()) return std::nullopt;
  return found;
}

std::optional<Range<std::uint64_t>> read_count_range(const Value& value, std::uint64_t min,
                                                     Mistakes& mistakes) {
  constexpr std::string_view ranges = "1..2, 3.., 3";
  const auto range = read_with(parse_count_range, value, "range of counts", ranges, mistakes);
  if (range && range->min < min) {
    mistakes.add(value.at, shown(value) + " begins too low", "from " + std::to_string(min) + " on");
    return std::nullopt;
  }
  return range;
}

std::optional<Rate> read_byte_rate(const Value& value, Mistakes& mistakes) {
  return read_time_with(parse_rate, value, "rate", "64KB per 1m, 1MB per 1h", mistakes);
}

std::optional<Rate> read_drain(const Value& value, Mistakes& mistakes) {
  return read_time_with(parse_drain, value, "drain", "64KB every 45m, 64KB per 1m", mistakes);
}

std::optional<Rate> read_count_rate(const Value& value, Mistakes& mistakes) {
  const auto parse = [](std::string_view text) -> std::optional<Rate> {
    const std::string_view amount = text.substr(0, std::min(text.find(" per "), text.find('/')));
    return all_digits(amount) ? parse_rate(text) : std::nullopt; // a count has no unit of size
  };
  return read_time_with(parse, value, "rate of messages", "2 per 1m, 100 per 1h", mistakes);
}

std::optional<double> read_percentage(const Value& value, Mistakes& mistakes) {
  const auto parse = [](std::string_view text) -> std::optional<double> {
    if (!text.ends_with('%')) return std::nullopt;
    text.remove_suffix(1);
    const std::size_t point = text.find('.');
    if (!all_digits(text.substr(0, point))) return std::nullopt;
    if (point != std::string_view::npos && !all_digits(text.substr(point + 1))) return std::nullopt;
    double percent = 0;
    std::from_chars(text.data(), text.data() + text.size(), percent);
    if (percent <= 0 || percent > 100) return std::nullopt;
    return percent / 100;
  };
  return read_with(parse, value, "chance", "over 0% and up to 100%", mistakes);
}

std::optional<std::size_t> read_word(const Value& value, std::span<const std::string_view> words,
                                     std::string_view wanted, Mistakes& mistakes) {
  if (value.is_scalar()) {
    const auto found = std::find(words.begin(), words.end(), value.text);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    mistakes.add(value.at,
                 shown(value) + " is not a valid " + std::string(wanted) +
                     did_you_mean(value.text, words),
                 join(words));
  } else {
    note_wrong(value, wanted, join(words), mistakes);
  }
  return std::nullopt;
}

std::optional<bool> read_flag(const Value& value, Mistakes& mistakes) {
  return read_named(value, flag_words, "flag", mistakes);
}

void for_one_or_many(const Value& value, std::string_view wanted, Mistakes& mistakes,
                     const std::function<void(const Value&)>& each) {
  if (!value.is_list()) return each(value);
  if (value.items.empty()) note_wrong(value, wanted, "at least one entry", mistakes);
  for (const Value& item : value.items)
    each(item);
}

} // namespace tempfail::scenario
