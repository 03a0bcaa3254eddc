// Letters, digits and blanks of ASCII, whatever the locale: what mail compares without regard to case is ASCII.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tempfail::base {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// A letter, or the letters of a text, in lower case; anything else as it is.
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    c = lower(c);
  return out;
}

/// The same in upper case.
constexpr char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
inline std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    c = upper(c);
  return out;
}

/// Whether two texts are the same but for the case of their letters.
constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

/// The text without these characters at its two ends.
constexpr std::string_view trimmed(std::string_view text, std::string_view characters = " \t") {
  text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
  return text.substr(0, text.find_last_not_of(characters) + 1);
}

/// True when no octet of `text` is over 127. Eight bytes at a time: every command and every address is asked.
inline bool is_ascii(std::string_view text) {
  constexpr std::uint64_t tops = 0x8080808080808080U;
  std::uint64_t seen = 0;
  std::size_t done = 0;
  for (; done + sizeof seen <= text.size(); done += sizeof seen) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + done, sizeof word);
    seen |= word;
  }
  for (; done < text.size(); ++done)
    seen |= static_cast<unsigned char>(text[done]);
  return (seen & tops) == 0;
}

} // namespace tempfail::base
