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
  std::string (*where_else)(std::string_view key) = nullptr;
};

/// A word and what it stands for.
template <typename T>
struct Named {
  std::string_view name;
  T value{};
};

/// The names of a table, for messages.
template <typename Table>
auto names_of(const Table& table) {
  std::array<std::string_view, std::tuple_size_v<Table>> names;
  for (std::size_t i = 0; i < names.size(); ++i)
    names[i] = table[i].name;
  return names;
}

/// Two lists of keys as one.
template <std::size_t A, std::size_t B>
constexpr std::array<std::string_view, A + B>
joined(const std::array<std::string_view, A>& first, const std::array<std::string_view, B>& second) {
  std::array<std::string_view, A + B> all{};
  for (std::size_t i = 0; i < A; ++i)
    all[i] = first[i];
  for (std::size_t i = 0; i < B; ++i)
    all[A + i] = second[i];
  return all;
}

} // namespace tempfail::scenario
