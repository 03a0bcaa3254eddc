// A YAML document as plain values, each with its place in the file. Only document.cpp knows YAML's
// library.
#pragma once

#include "scenario/mistakes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::scenario {

struct Member;

/// A value as written: not yet a number, a duration or a word.
struct Value {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  FilePosition at;
  std::string text;            ///< scalar
  std::vector<Value> items;    ///< list
  std::vector<Member> members; ///< map, in the order of the file; merged ones behind

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
};

/// A key and its value.
struct Member {
  std::string key;
  FilePosition at; ///< of the key
  Value value;
};

/// The longest file and the most values (aliases counted as often as they are used, what has an anchor once more) that
/// are read.
inline constexpr std::size_t document_size_limit = std::size_t{1} << 20U; ///< bytes
inline constexpr std::size_t document_value_limit = 100'000;

/// Reads the one document of `text`; anchors, aliases and merge keys ("<<") are resolved. Nothing
/// when it is no YAML. Keys given twice are mistakes. `kind`: what the file holds, for messages.
std::optional<Value> parse_document(std::string_view text, Mistakes& mistakes,
                                    std::string_view kind = "scenario");

/// A hash of what a document says, in any layout: comments, quotes, the order of keys change nothing.
std::uint64_t hash_of(const Value& value);

} // namespace tempfail::scenario
