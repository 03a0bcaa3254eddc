// Reads single values of a scenario file, and maps key by key. What can't be read is noted as a
// mistake and comes back as nothing, so that reading goes on and finds the rest.
#pragma once

#include "scenario/closest.hpp"
#include "scenario/document.hpp"
#include "scenario/map_kind.hpp"
#include "scenario/units.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::scenario {

/// A map of a known kind. Unknown and missing keys are mistakes, noted when it is made.
class Map {
 public:
  Map(const Value& value, const MapKind& kind, Mistakes& mistakes);

  /// Null when the key is absent (or this is no map).
  const Value* find(std::string_view key) const;
  const Member* find_member(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  /// There is a key that means nothing here.
  bool has_unknown() const { return has_unknown_; }
  FilePosition at() const { return value_.at; }

 private:
  const Value& value_;
  const MapKind& kind_;
  bool has_unknown_ = false;
};

/// What is written there, for messages: "`64KX`", "a list", "nothing".
std::string shown(const Value& value);
/// "; did you mean `a`?" or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> words);

/// Notes that `value` is not what is wanted: "`64KX` is no size".
void note_wrong(const Value& value, std::string_view wanted, std::string allowed,
                Mistakes& mistakes);

std::optional<std::string> read_text(const Value& value, std::string_view wanted,
                                     Mistakes& mistakes);
/// What is counted one by one: tries, connections.
inline constexpr std::uint64_t largest_count = 1'000'000;

std::optional<std::uint64_t> read_count(const Value& value, std::uint64_t min, std::uint64_t max,
                                        Mistakes& mistakes);
std::optional<std::uint64_t> read_size(const Value& value, Mistakes& mistakes);
std::optional<Duration> read_duration(const Value& value, Mistakes& mistakes);
/// Not zero.
std::optional<Duration> read_positive_duration(const Value& value, Mistakes& mistakes);
std::optional<Range<Duration>> read_duration_range(const Value& value, Mistakes& mistakes);
/// A range with a length: `0s..10m`, `1h..`.
std::optional<Range<Duration>> read_window(const Value& value, Mistakes& mistakes);
std::optional<std::vector<Range<Duration>>> read_windows(const Value& value, Mistakes& mistakes);
/// At least `min`.
std::optional<Range<std::uint64_t>> read_count_range(const Value& value, std::uint64_t min,
                                                     Mistakes& mistakes);
/// Bytes per duration, or a plain count per duration.
std::optional<Rate> read_byte_rate(const Value& value, Mistakes& mistakes);
std::optional<Rate> read_count_rate(const Value& value, Mistakes& mistakes);
/// Bytes per duration, or every so often at once.
std::optional<Rate> read_drain(const Value& value, Mistakes& mistakes);
/// "30%" as 0.3; over 0 and at most 100 percent.
std::optional<double> read_percentage(const Value& value, Mistakes& mistakes);

/// The index of a word among `words`.
std::optional<std::size_t> read_word(const Value& value, std::span<const std::string_view> words,
                                     std::string_view wanted, Mistakes& mistakes);
/// The value of a word in a table.
template <typename T, std::size_t N>
std::optional<T> read_named(const Value& value, const std::array<Named<T>, N>& table,
                            std::string_view wanted, Mistakes& mistakes) {
  const auto names = names_of(table);
  const auto index = read_word(value, names, wanted, mistakes);
  if (!index) return std::nullopt;
  return table[*index].value;
}
std::optional<bool> read_flag(const Value& value, Mistakes& mistakes);

/// Calls `each` for every entry of a list, or once for a value that is no list. An empty list is a
/// mistake.
void for_one_or_many(const Value& value, std::string_view wanted, Mistakes& mistakes,
                     const std::function<void(const Value&)>& each);

} // namespace tempfail::scenario
