// What a map of the language may have in it, and words with what they stand for.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

namespace tempfail::scenario {

/// A map of the language: which keys it may have and which it must have. The schema has a
/// definition of the same name.
struct MapKind {
  std::string_view name;
  std::span<const std::string_view> keys;
  std::span<const std::string_view> required;
  /// Where a key that this map does not have belongs: ", which belongs below `server`", or nothing.
  std::string (*where_key_belongs)(std::string_view key) = nullptr;
};

/// A word and what it stands for.
template <typename T>
struct Named {
  std::string_view name;
  T value{};
};

/// The names of a table, for messages.
template <typename Table>
constexpr auto names_of(const Table& table) {
  std::array<std::string_view, std::tuple_size_v<Table>> names;
  for (std::size_t i = 0; i < names.size(); ++i)
    names[i] = table[i].name;
  return names;
}

/// Lists of keys as one list.
template <std::size_t... Sizes>
constexpr auto joined(const std::array<std::string_view, Sizes>&... lists) {
  std::array<std::string_view, (Sizes + ...)> all;
  std::size_t next = 0;
  const auto add = [&](const auto& list) {
    for (const std::string_view name : list)
      all[next++] = name;
  };
  (add(lists), ...);
  return all;
}

} // namespace tempfail::scenario
