// The values of one JSON object of a journal, taken out by key. For the readers of this folder alone.
#pragma once

#include "journal/event_memory.hpp"
#include "journal/words.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tempfail::journal {

namespace json = boost::json;

/// With which the encoder's U+F780..U+F7FF begin, which stand for the bytes 0x80..0xFF.
inline constexpr char byte_mark = '\xEF';

inline std::string restore_bytes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = [&text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    if (byte(i) == 0xEF && i + 2 < text.size() && (byte(i + 1) == 0x9E || byte(i + 1) == 0x9F)) {
      const unsigned low = ((byte(i + 1) & 1U) << 6U) | (byte(i + 2) & 0x3FU);
      out += static_cast<char>(low | 0x80U);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// The values of one object, taken out by key. What has the wrong type throws std::invalid_argument.
class Fields {
 public:
  Fields(const json::object& object, EventMemory& memory) : object_(object), memory_(memory) {}

  EventMemory& memory() const { return memory_; }

  std::string_view text(std::string_view key) const {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return {};
    if (!value->is_string()) wrong(key, "a string");
    return kept(value->get_string());
  }
  std::optional<std::string_view> optional_text(std::string_view key) const {
    if (object_.if_contains(key) == nullptr) return std::nullopt;
    return text(key);
  }
  template <typename Number>
  Number number(std::string_view key, Number missing = {}) const {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return missing;
    if constexpr (std::is_floating_point_v<Number>) {
      if (!value->is_number()) wrong(key, "a number");
      return value->to_number<Number>();
    } else if (value->is_uint64()) {
      if (!std::in_range<Number>(value->get_uint64())) wrong(key, "a smaller number");
      return static_cast<Number>(value->get_uint64());
    } else {
      if (!value->is_int64()) wrong(key, "an integer");
      const std::int64_t wide = value->get_int64();
      if (!std::in_range<Number>(wide)) wrong(key, wide < 0 ? "0 or more" : "a smaller number");
      return static_cast<Number>(wide);
    }
  }
  /// A time that a few others can be added to without coming to the end of 64 bits: thirty thousand years.
  Moment moment(std::string_view key, Moment missing = {}) const {
    constexpr std::int64_t furthest = 1'000'000'000'000'000'000; // microseconds
    const auto count = number<std::int64_t>(key, missing.count());
    if (count > furthest || count < -furthest) wrong(key, "a time within thirty thousand years");
    return Moment(count);
  }
  bool flag(std::string_view key) const {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return false;
    if (!value->is_bool()) wrong(key, "true or false");
    return value->get_bool();
  }
  std::uint64_t hex(std::string_view key) const {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return 0;
    constexpr const char* wanted = "a string of hexadecimal digits";
    if (!value->is_string()) wrong(key, wanted);
    const std::string_view digits = value->get_string();
    std::uint64_t number = 0;
    const char* const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, number, 16);
    if (error != std::errc{} || end != last) wrong(key, wanted);
    return number;
  }
  /// The index of a word in a list of names, or nothing: a later version's word.
  template <typename Names>
  std::optional<std::size_t> word(std::string_view key, const Names& names) const {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr || !value->is_string()) wrong(key, "a word");
    const std::string_view word = value->get_string();
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == word) return i;
    return std::nullopt;
  }
  /// Calls visit(value) for each entry of a list; nothing where there is none.
  template <typename Visit>
  void each(std::string_view key, Visit&& visit) const {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return;
    if (!value->is_array()) wrong(key, "a list");
    for (const json::value& one : value->get_array())
      visit(one);
  }
  /// The same for a list of objects.
  template <typename Visit>
  void each_object(std::string_view key, Visit&& visit) const {
    each(key, [&](const json::value& one) {
      if (!one.is_object()) wrong(key, "a list of objects");
      visit(Fields(one.get_object(), memory_));
    });
  }
  std::span<const std::string_view> texts(std::string_view key) const {
    std::vector<std::string_view>& list = memory_.texts.emplace_back();
    each(key, [&](const json::value& one) {
      if (!one.is_string()) wrong(key, "a list of strings");
      list.push_back(kept(one.get_string()));
    });
    return list;
  }
  Breaches breaches() const {
    Breaches set = 0;
    each("breaches", [&set](const json::value& name) {
      for (std::size_t bit = 0; bit < breach_names.size(); ++bit)
        if (name.is_string() && name.get_string() == breach_names[bit]) set |= 1U << bit;
    });
    return set;
  }

 private:
  std::string_view kept(std::string_view raw) const {
    if (raw.empty()) return {};
    const bool has_bytes = raw.find(byte_mark) != std::string_view::npos;
    return has_bytes ? memory_.keep(restore_bytes(raw)) : memory_.keep(raw);
  }
  [[noreturn]] static void wrong(std::string_view key, const char* wanted) {
    throw std::invalid_argument("has a wrong `" + std::string(key) + "`: it must be " + wanted);
  }

  const json::object& object_;
  EventMemory& memory_;
};

/// Reads what is said of an event of this name, which was written at `time`. Nothing: the name, or a word in it, is a
/// later version's.
std::optional<Body> read_body(std::string_view name, const Fields& fields, Moment time);

} // namespace tempfail::journal
