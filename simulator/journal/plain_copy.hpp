// Copies text up to the first byte that JSON wants escaped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tempfail::journal {

/// True for the bytes that stand in a JSON string as they are. Bytes over 127 may, as parts of UTF-8.
constexpr bool is_plain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/// The same of eight bytes at once: texts are what most of a journal is.
constexpr bool are_plain(std::uint64_t word) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t tops = 0x8080808080808080U;
  const std::uint64_t quote = word ^ (ones * '"');
  const std::uint64_t slash = word ^ (ones * '\\');
  // A byte that is less than what is taken from it borrows, and its top bit is set.
  return ((word | (word - ones * 0x20) | (quote - ones) | (slash - ones)) & tops) == 0;
}

/// Copies the plain bytes in front of `text` and returns how many they are. `to` has room for all of `text`.
inline std::size_t copy_plain(char* to, std::string_view text) {
  std::size_t done = 0;
  for (std::uint64_t word = 0; done + sizeof word <= text.size(); done += sizeof word) {
    std::memcpy(&word, text.data() + done, sizeof word);
    if (!are_plain(word)) break;
    std::memcpy(to + done, &word, sizeof word);
  }
  for (; done < text.size() && is_plain(static_cast<unsigned char>(text[done])); ++done)
    to[done] = text[done];
  return done;
}

} // namespace tempfail::journal
