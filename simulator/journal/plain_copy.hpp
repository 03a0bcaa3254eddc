// Copies text up to the first byte that JSON wants escaped: sixteen bytes at a time where the
// processor can, and a rest by reading its front and its end, which may overlap.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <immintrin.h>
#endif

namespace tempfail::journal {

/// True for the bytes that stand in a JSON string as they are. Bytes over 127 may, as parts of UTF-8.
constexpr bool is_plain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

namespace detail {

/// A set top bit marks a control, a quote, a backslash or no ASCII, in memory's order from the low
/// end. A borrow can set false marks, but only above a true one, and only the lowest is used.
inline std::uint64_t special_of_8(std::uint64_t word) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t tops = 0x8080808080808080U;
  const std::uint64_t quote = word ^ (ones * '"');
  const std::uint64_t slash = word ^ (ones * '\\');
  return (((word - ones * 0x20) | (quote - ones) | (slash - ones)) & ~word & tops) | (word & tops);
}

/// Copies `size` bytes, the size of Word, and returns how many of them in front are plain.
template <typename Word>
std::size_t copy_word(char* to, const char* from) {
  Word word = 0;
  std::memcpy(&word, from, sizeof word);
  std::memcpy(to, &word, sizeof word);
  std::uint64_t marks = 0;
  if constexpr (sizeof word == 8)
    marks = special_of_8(word);
  else
    marks = special_of_8(word | std::uint64_t{0x2020202020202020U} << (8 * sizeof word));
  return marks == 0 ? sizeof word : static_cast<std::size_t>(std::countr_zero(marks)) / 8;
}

#ifdef __SSE2__
struct Vector {};
template <>
inline std::size_t copy_word<Vector>(char* to, const char* from) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
  // As signed numbers, what is over 127 is less than a blank, too.
  const __m128i special = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')),
                                       _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                                    _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
  const auto marks = static_cast<unsigned>(_mm_movemask_epi8(special));
  return static_cast<std::size_t>(std::countr_zero(marks | 1U << 16U));
}
#endif

/// Copies a text of at least `width` bytes, which `copy` does at a time.
template <typename Word, std::size_t width>
std::size_t copy_words(char* to, std::string_view text) {
  std::size_t done = 0;
  for (; done + width <= text.size(); done += width) {
    const std::size_t plain = copy_word<Word>(to + done, text.data() + done);
    if (plain != width) return done + plain;
  }
  if (done == text.size()) return done;
  const std::size_t last = text.size() - width;
  return last + copy_word<Word>(to + last, text.data() + last);
}

} // namespace detail

/// Copies the plain bytes in front of `text` and returns how many they are. `to` has room for all of
/// `text`; what is written behind the plain bytes means nothing.
inline std::size_t copy_plain(char* to, std::string_view text) {
  if constexpr (std::endian::native == std::endian::little) {
#ifdef __SSE2__
    if (text.size() >= 16) return detail::copy_words<detail::Vector, 16>(to, text);
#endif
    if (text.size() >= 8) return detail::copy_words<std::uint64_t, 8>(to, text);
    if (text.size() >= 4) return detail::copy_words<std::uint32_t, 4>(to, text);
  }
  std::size_t done = 0;
  for (; done < text.size() && is_plain(static_cast<unsigned char>(text[done])); ++done)
    to[done] = text[done];
  return done;
}

} // namespace tempfail::journal
