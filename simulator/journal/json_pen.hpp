// Writes JSON by hand, for the encoder: no checks inside, and many bytes at a time where nothing needs an escape.
#pragma once

#include "journal/plain_copy.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tempfail::journal {

/// The length of the UTF-8 sequence at the front of `text`, or 0: it is invalid, or it is one of
/// the code points U+F780..U+F7FF, which stand for single bytes in a journal and so can't stand for
/// themselves.
inline std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&byte](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!follows(1) || !follows(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0; // overlong
    if (first == 0xED && byte(1) > 0x9F) return 0; // surrogate
    if (first == 0xEF && (byte(1) == 0x9E || byte(1) == 0x9F)) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0; // overlong
    if (first == 0xF4 && byte(1) > 0x8F) return 0; // over U+10FFFF
    return 4;
  }
  return 0;
}

/// Writes at a place that has room enough for whatever is asked of it.
class JsonPen {
 public:
  explicit JsonPen(char* at) : at_(at) {}
  char* at() const { return at_; }

  template <std::size_t size>
  void literal(const char (&text)[size]) { // NOLINT(cppcoreguidelines-avoid-c-arrays)
    std::memcpy(at_, text, size - 1);
    at_ += size - 1;
  }
  void plain(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  template <typename Number>
  void number(Number value) {
    at_ = std::to_chars(at_, at_ + 32, value).ptr;
  }
  void hex(std::uint64_t value) {
    for (int shift = 60; shift >= 0; shift -= 4)
      *at_++ = "0123456789abcdef"[(value >> static_cast<unsigned>(shift)) & 0xFU];
  }
  // A value behind its `,"key":`, unless it is the default, which a reader assumes.
  template <std::size_t size>
  void text(const char (&key)[size], std::string_view value) { // NOLINT
    if (value.empty()) return;
    literal(key);
    string(value);
  }
  template <std::size_t size, typename Number>
  void number(const char (&key)[size], Number value) { // NOLINT
    if (value == 0) return;
    literal(key);
    number(value);
  }
  template <std::size_t size>
  void flag(const char (&key_and_true)[size], bool value) { // NOLINT
    if (value) literal(key_and_true);
  }
  /// A word that needs no escape, behind its `,"key":"`, and the quote that ends it.
  template <std::size_t size>
  void word(const char (&key_and_quote)[size], std::string_view value) { // NOLINT
    literal(key_and_quote);
    plain(value);
    literal("\"");
  }
  /// A JSON string with its quotes.
  void string(std::string_view text) {
    *at_++ = '"';
    while (!text.empty()) {
      const std::size_t plain = copy_plain(at_, text);
      at_ += plain;
      text.remove_prefix(plain);
      if (!text.empty()) text.remove_prefix(escape(text));
    }
    *at_++ = '"';
  }

 private:
  /// Writes what stands in front of `text` and isn't plain; returns how many bytes of it are dealt
  /// with.
  std::size_t escape(std::string_view text) {
    const auto byte = static_cast<unsigned char>(text.front());
    switch (byte) {
    case '\r':
      if (text.size() > 1 && text[1] == '\n') {
        literal("\\r\\n");
        return 2;
      }
      literal("\\r");
      return 1;
    case '\n': literal("\\n"); return 1;
    case '\t': literal("\\t"); return 1;
    case '"': literal("\\\""); return 1;
    case '\\': literal("\\\\"); return 1;
    default: break;
    }
    if (byte >= 0x80) {
      if (const std::size_t length = utf8_length(text); length != 0) {
        plain(text.substr(0, length));
        return length;
      }
      literal("\\uf7");
    } else {
      literal("\\u00");
    }
    *at_++ = "0123456789abcdef"[byte >> 4U];
    *at_++ = "0123456789abcdef"[byte & 0xFU];
    return 1;
  }

  char* at_;
};

} // namespace tempfail::journal
